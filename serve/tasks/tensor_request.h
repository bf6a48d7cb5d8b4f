// Open Inference: a client that tokenises itself sends token ids and gets the model's outputs.
#pragma once

#include <memory>
#include <string>

#include "loader/model.h"
#include "serve/json.h"
#include "serve/tasks/task.h"

namespace filigree::serve {

// `inputs` is a list of objects that all have name, shape and datatype, and at least one. No task's
// own request looks like this.
bool is_tensor_request(const Json& request);

// inputs: INT64 or INT32 of one shape [batch, tokens], data flat or nested. The model's ids are
// required; a mask defaults to ones, token types to zeros. A row of the mask is zeros and at least
// one 1. Nothing attends to tokens with 0; what follows the last 1 is not computed, unless the
// model runs on the interpreter. outputs: FP32, those that `outputs` of the request names, or all,
// in the model's order; where they have a value for each token, what was not computed has zeros.
// `name` becomes model_name. Errors name the input, what was found and expected.
PreparedOrErrors prepare_tensors(const Json& request, std::shared_ptr<const loader::Model> model,
                                 std::string name);

// A request that the model answers: one sequence of three tokens.
Json tensor_example(const loader::Model& model);

// Of inputs and outputs: [{"name", "datatype", "shape"}], -1 for a size that varies.
Json tensor_inputs(const loader::Model& model);
Json tensor_outputs(const loader::Model& model);

}  // namespace filigree::serve
