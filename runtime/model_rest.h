// What follows the encoder (heads, poolers), or a whole model whose encoder was not recognised, for
// one sequence on the interpreter.
#pragma once

#include "loader/model.h"
#include "runtime/request.h"

namespace filigree::runtime {

// hidden: [1, tokens, hidden_size], or an empty tensor for a model without an encoder. Graph inputs
// input_ids, attention_mask and token_type_ids are given where the graph has them, as
// INT64 or INT32. Throws FormatError or UnsupportedError naming the node or input.
SequenceOutput run_rest(const loader::Model& model, const Sequence& sequence,
                        const loader::Tensor& hidden);

}  // namespace filigree::runtime
