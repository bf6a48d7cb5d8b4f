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

struct TensorAnswer {
  std::shared_ptr<const loader::Model> model;
  std::string model_name;
  Json id;                           // as the request has it; null: none
  std::vector<std::size_t> outputs;  // of the model, in the order of the answer
  std::vector<std::size_t> tokens;   // of each sequence
  std::size_t width = 0;             // of the request's shape; at least every number of tokens
};

// {"model_name", "id", "outputs": [{"name", "datatype", "shape", "data"}]}. An output whose second
// size is the number of tokens, in every sequence, has a value for each token and is filled up to
// `width` with zeros. Throws std::runtime_error when outputs are not float, or differ in shape
// otherwise.
Json tensor_answer(const TensorAnswer& answer, std::span<const runtime::SequenceOutput> outputs);

}  // namespace filigree::serve
