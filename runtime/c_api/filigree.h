/* The C interface of filigree: load a model, run ragged batches of token ids, read the outputs.
 *
 * Errors. Functions that can fail return a status. When it is not FILIGREE_OK, nothing was created
 * and *error, unless `error` is null, is set to an object with a message, to be freed with
 * filigree_error_free; otherwise *error is set to null. A message names what was found and what was
 * expected. There is no hidden "last error", and no C++ exception leaves a function.
 *
 * Threads. Any number of threads may use an engine, models and results at the same time; runs on
 * one engine queue up, and sequences of several runs are computed in one batch. An object must not
 * be freed while another thread uses it. After fork() an engine is of no use in the child.
 *
 * Compatibility. Structs begin with struct_size, set by the caller to sizeof the struct, so that
 * members can be added at the end: members that the caller's header lacks are 0, and 0 (or null)
 * always means the default. FILIGREE_ABI_VERSION, the number in libfiligree.so.1, changes when a
 * program must be compiled again, and only then.
 *
 *   filigree_engine_options options = {.struct_size = sizeof options, .cores = 2};
 *
 * runtime/examples/run_model.c is a complete program. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define FILIGREE_ABI_VERSION 1
#define FILIGREE_VERSION "0.1.0"

#ifdef __cplusplus
extern "C" {
#endif

/* Of the library that runs; the macros are those that a program was compiled with. */
int filigree_abi_version(void);
const char* filigree_version(void);

typedef enum filigree_status {
  FILIGREE_OK = 0,
  FILIGREE_INVALID_ARGUMENT = 1, /* null, an option, ids that the model does not take */
  FILIGREE_BAD_MODEL = 2,        /* a file that is missing, damaged or not supported */
  FILIGREE_OUT_OF_MEMORY = 3,
  FILIGREE_BUSY = 4, /* too many runs wait in this engine */
  FILIGREE_FAILED = 5
} filigree_status;

typedef struct filigree_error filigree_error;
const char* filigree_error_message(const filigree_error* error); /* "" for null */
void filigree_error_free(filigree_error* error); /* null is allowed, here and below */

/* Engine: threads and the memory of activations. One for a process is enough. */

typedef struct filigree_engine_options {
  size_t struct_size;
  size_t cores;        /* threads that compute; 0: the physical cores this process may use */
  const char* isa;     /* "scalar", "avx2", "avx512", "avx512_vnni"; null: the best of this CPU */
  size_t batch_tokens; /* tokens computed together at most, memory grows with it; 0: 128 a thread */
} filigree_engine_options;

typedef struct filigree_engine filigree_engine;
/* options: null for defaults. */
filigree_status filigree_engine_create(const filigree_engine_options* options,
                                       filigree_engine** engine, filigree_error** error);
void filigree_engine_free(filigree_engine* engine);
size_t filigree_engine_cores(const filigree_engine* engine);
const char* filigree_engine_isa(const filigree_engine* engine);
/* Activations. Grows when a larger model is first run, never with batches. */
size_t filigree_engine_memory_bytes(const filigree_engine* engine);

/* Model: immutable, independent of engines. */

typedef struct filigree_model filigree_model;
/* path: an .onnx file, or a folder with model.onnx. */
filigree_status filigree_model_load(const char* path, filigree_model** model,
                                    filigree_error** error);
void filigree_model_free(filigree_model* model); /* results of it stay valid */
size_t filigree_model_memory_bytes(const filigree_model* model);
size_t filigree_model_max_tokens(const filigree_model* model); /* of a sequence; 0: not known */
size_t filigree_model_output_count(const filigree_model* model);
/* Null when index is not below the count. Lives as long as the model. */
const char* filigree_model_output_name(const filigree_model* model, size_t index);
/* For example why the model runs slowly, on the interpreter. */
size_t filigree_model_warning_count(const filigree_model* model);
const char* filigree_model_warning(const filigree_model* model, size_t index);

/* Run: sequences of different lengths, one after another without padding. */

typedef struct filigree_batch {
  size_t struct_size;
  size_t sequence_count;
  const size_t* lengths;   /* [sequence_count], tokens of each sequence, at least 1 */
  size_t token_count;      /* the sum of lengths */
  const int32_t* ids;      /* [token_count] */
  const int32_t* type_ids; /* [token_count]; null: all 0 */
} filigree_batch;

typedef struct filigree_result filigree_result;
/* Waits until the batch is computed. Its arrays are read before this returns, not after. The result
 * of a sequence has the same bits in every batch, on any number of threads, with every isa. */
filigree_status filigree_run(filigree_engine* engine, const filigree_model* model,
                             const filigree_batch* batch, filigree_result** result,
                             filigree_error** error);
void filigree_result_free(filigree_result* result);
size_t filigree_result_sequence_count(const filigree_result* result);
/* Time that this run waited for others, and from then to its end. */
uint64_t filigree_result_queued_ns(const filigree_result* result);
uint64_t filigree_result_compute_ns(const filigree_result* result);

/* Element types; the values are those of ONNX TensorProto.DataType. */
typedef enum filigree_type {
  FILIGREE_FLOAT = 1,
  FILIGREE_UINT8 = 2,
  FILIGREE_INT8 = 3,
  FILIGREE_INT32 = 6,
  FILIGREE_INT64 = 7,
  FILIGREE_BOOL = 9,
  FILIGREE_FLOAT16 = 10,
  FILIGREE_DOUBLE = 11
} filigree_type;

typedef struct filigree_tensor {
  size_t struct_size;
  filigree_type type;
  size_t rank;
  const int64_t* dims; /* [rank]; the batch dimension is 1 */
  const void* data;    /* row-major, 64-byte aligned */
  size_t bytes;
} filigree_tensor;

/* The output `name` of one sequence. *tensor, with struct_size set by the caller, is filled in;
 * what it points to lives as long as the result. */
filigree_status filigree_result_output(const filigree_result* result, size_t sequence,
                                       const char* name, filigree_tensor* tensor,
                                       filigree_error** error);

#ifdef __cplusplus
}
#endif
