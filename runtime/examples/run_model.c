/* Runs a model on two sequences of token ids and prints every output of each:
 *   run_model_c MODEL [CORES [ISA]]
 * run_model.cc is the same in C++ and prints the same. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "filigree.h"

static const size_t kLengths[] = {7, 6};
static const int32_t kIds[] = {101, 2129, 2116, 102,  2048, 4466, 102,
                               101, 2040, 2328, 2009, 1029, 102};
static const int32_t kTypeIds[] = {0, 0, 0, 0, 1, 1, 1, 0, 0, 0, 0, 0, 0};

static int report(filigree_error* error) {
  fprintf(stderr, "run_model_c: %s\n", filigree_error_message(error));
  filigree_error_free(error);
  return 1;
}

static int print_output(const filigree_result* result, size_t sequence, const char* name) {
  filigree_tensor tensor = {.struct_size = sizeof tensor};
  filigree_error* error = NULL;
  if (filigree_result_output(result, sequence, name, &tensor, &error) != FILIGREE_OK)
    return report(error);
  if (tensor.type != FILIGREE_FLOAT) {
    fprintf(stderr, "run_model_c: output '%s' is not FLOAT\n", name);
    return 1;
  }
  printf("sequence %zu, %s [", sequence, name);
  for (size_t i = 0; i < tensor.rank; ++i) printf("%s%" PRId64, i == 0 ? "" : ", ", tensor.dims[i]);
  printf("]:");
  const float* values = tensor.data;
  /* Nine digits tell every float from its neighbours. */
  for (size_t i = 0; i < tensor.bytes / sizeof(float); ++i) printf(" %.9g", (double)values[i]);
  printf("\n");
  return 0;
}

static int print_result(const filigree_model* model, const filigree_result* result) {
  for (size_t sequence = 0; sequence < filigree_result_sequence_count(result); ++sequence)
    for (size_t i = 0; i < filigree_model_output_count(model); ++i)
      if (print_output(result, sequence, filigree_model_output_name(model, i)) != 0) return 1;
  return 0;
}

static int run(filigree_engine* engine, const filigree_model* model) {
  const filigree_batch batch = {.struct_size = sizeof batch,
                                .sequence_count = sizeof kLengths / sizeof kLengths[0],
                                .lengths = kLengths,
                                .token_count = sizeof kIds / sizeof kIds[0],
                                .ids = kIds,
                                .type_ids = kTypeIds};
  filigree_result* result = NULL;
  filigree_error* error = NULL;
  if (filigree_run(engine, model, &batch, &result, &error) != FILIGREE_OK) return report(error);
  const int code = print_result(model, result);
  fprintf(stderr, "%.1f ms on %zu cores with %s; %.1f MB of weights, %.1f MB of activations\n",
          (double)filigree_result_compute_ns(result) / 1e6, filigree_engine_cores(engine),
          filigree_engine_isa(engine), (double)filigree_model_memory_bytes(model) / 1e6,
          (double)filigree_engine_memory_bytes(engine) / 1e6);
  filigree_result_free(result);
  return code;
}

int main(int argc, char** argv) {
  if (argc < 2 || argc > 4) {
    fprintf(stderr, "usage: run_model_c MODEL [CORES [ISA]]\n");
    return 2;
  }
  filigree_engine_options options = {.struct_size = sizeof options};
  if (argc > 2) options.cores = strtoul(argv[2], NULL, 10);
  if (argc > 3) options.isa = argv[3];
  filigree_engine* engine = NULL;
  filigree_model* model = NULL;
  filigree_error* error = NULL;
  int code = 0;
  if (filigree_engine_create(&options, &engine, &error) != FILIGREE_OK ||
      filigree_model_load(argv[1], &model, &error) != FILIGREE_OK)
    code = report(error);
  else
    code = run(engine, model);
  filigree_model_free(model);
  filigree_engine_free(engine);
  return code;
}
