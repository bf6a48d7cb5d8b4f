// JSON Schema of an Open Inference request, as the model of an endpoint takes it.
#pragma once

#include "loader/model.h"
#include "serve/json.h"

namespace filigree::serve {

// Names of inputs and outputs, tokens in a row and, with an encoder, the values of each input:
// what it refuses, prepare_tensors() refuses. JSON Schema cannot say that `data` has as many values
// as `shape` asks for, that shapes are equal, that the ids are there and no input is twice, or that
// each row of a mask has a 1.
Json tensor_request_schema(const loader::Model& model);

}  // namespace filigree::serve
