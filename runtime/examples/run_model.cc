// Runs a model on two sequences of token ids and prints every output of each:
//   run_model_cc MODEL [CORES [ISA]]
// run_model.c is the same in C and prints the same.
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <stdexcept>
#include <string>

#include "kernels/isa.h"
#include "loader/model.h"
#include "runtime/engine.h"

namespace {

using namespace filigree;

void print_output(const std::string& name, std::size_t sequence, const loader::Tensor& tensor) {
  if (tensor.type() != loader::DataType::kFloat)
    throw std::runtime_error("output '" + name + "' is not FLOAT");
  std::printf("sequence %zu, %s %s:", sequence, name.c_str(),
              loader::shape_text(tensor.dims()).c_str());
  // Nine digits tell every float from its neighbours.
  for (const float value : tensor.data<float>()) std::printf(" %.9g", double{value});
  std::printf("\n");
}

void run(const std::string& path, const runtime::EngineOptions& options) {
  runtime::Engine engine(options);
  runtime::Request request;
  request.model = loader::load_model(path);
  request.sequences = {
      {.ids = {101, 2129, 2116, 102, 2048, 4466, 102}, .type_ids = {0, 0, 0, 0, 1, 1, 1}},
      {.ids = {101, 2040, 2328, 2009, 1029, 102}, .type_ids = {}}};
  const runtime::Response response = engine.run(request);
  if (response.status != runtime::Status::kOk) throw std::runtime_error(response.message);
  const loader::Model& model = *request.model;
  for (std::size_t i = 0; i < response.sequences.size(); ++i)
    for (const std::string& name : model.output_names)
      print_output(name, i, runtime::output_named(model, response.sequences[i], name));
  std::fprintf(stderr, "%.1f ms on %zu cores with %s; %.1f MB of weights, %.1f MB of activations\n",
               static_cast<double>(response.timing.compute.count()) / 1e6, engine.cores(),
               std::string(kernels::isa_name(engine.isa())).c_str(),
               static_cast<double>(model.memory_bytes) / 1e6,
               static_cast<double>(engine.arena_bytes()) / 1e6);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2 || argc > 4) {
    std::fprintf(stderr, "usage: run_model_cc MODEL [CORES [ISA]]\n");
    return 2;
  }
  try {
    runtime::EngineOptions options;
    if (argc > 2) options.cores = std::strtoul(argv[2], nullptr, 10);
    if (argc > 3) {
      options.isa = kernels::parse_isa(argv[3]);
      if (!options.isa)
        throw std::runtime_error("no instruction set '" + std::string(argv[3]) + "'");
    }
    run(argv[1], options);
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "run_model_cc: %s\n", error.what());
    return 1;
  }
}
