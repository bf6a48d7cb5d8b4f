// The outputs of a model as Open Inference writes them.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "loader/model.h"
#include "runtime/engine.h"
#include "serve/json.h"

namespace filigree::serve {

enum class TensorForm { kJson, kRaw };

struct WantedOutput {
  std::size_t index;  // of the model
  TensorForm form;
};

struct TensorAnswer {
  std::shared_ptr<const loader::Model> model;
  std::string model_name;
  Json id;                            // as the request has it; null: none
  std::vector<WantedOutput> outputs;  // in the order of the answer
  std::vector<std::size_t> tokens;    // of each sequence
  std::size_t width = 0;              // of the request's shape; at least every number of tokens
};

struct RawAnswer {
  Json json;
  std::string bytes;  // of the outputs in raw form, in their order: little-endian floats
};

// {"model_name", "id", "outputs": [{"name", "datatype", "shape", "data"}]}; in raw form, instead of
// `data`, parameters.binary_data_size. An output whose second size is the number of tokens, in
// every sequence, has a value for each token and is filled up to `width` with zeros. Throws
// std::runtime_error when outputs are not float, or differ in shape otherwise.
RawAnswer tensor_answer(const TensorAnswer& answer,
                        std::span<const runtime::SequenceOutput> outputs);

}  // namespace filigree::serve
