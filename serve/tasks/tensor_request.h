// Open Inference: a client that tokenises itself sends token ids and gets the model's outputs.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "loader/model.h"
#include "serve/json.h"
#include "serve/tasks/task.h"
#include "serve/tasks/tensor_answer.h"

namespace filigree::serve {

// `inputs` is a list of objects that all have name, shape and datatype, and at least one. No task's
// own request looks like this.
bool is_tensor_request(const Json& request);

struct PreparedTensors {
  PreparedTask task;
  // Set when an output is wanted as bytes; instead of task.finish, and like it.
  std::function<RawAnswer(std::span<const runtime::SequenceOutput>)> finish_raw;
};

// inputs: INT64 or INT32 of one shape [batch, tokens], data flat or nested, or in `raw`, the bytes
// that follow the JSON (tensor_inputs.h). The model's ids are required; a mask defaults to ones,
// token types to zeros. A row of the mask is zeros and at least one 1. Nothing attends to tokens
// with 0; what follows the last 1 is not computed, unless the model runs on the interpreter.
// outputs: FP32, those that `outputs` of the request names, or all, in the model's order; where
// they have a value for each token, what was not computed has zeros. parameters.binary_data of an
// output, or else parameters.binary_data_output of the request, asks for bytes. `name` becomes
// model_name. Errors name the input, what was found and expected.
std::variant<PreparedTensors, std::vector<FieldError>> prepare_tensors(
    const Json& request, std::string_view raw, std::shared_ptr<const loader::Model> model,
    std::string name);

// A request that the model answers: one sequence of three tokens.
Json tensor_example(const loader::Model& model);

// Of inputs and outputs: [{"name", "datatype", "shape"}], -1 for a size that varies.
Json tensor_inputs(const loader::Model& model);
Json tensor_outputs(const loader::Model& model);

}  // namespace filigree::serve
