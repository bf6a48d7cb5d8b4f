// The two products of attention in a file's graph, from the linear layers around them.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "loader/passes/graph_index.h"
#include "tools/compress/encoder_linears.h"

namespace filigree::tools {

// Names of what the products of one layer read. Empty `scores`: between a linear layer and its
// product stands more than what moves elements, for example a scale, and integers cannot have it.
struct AttentionProducts {
  std::string scores, context;  // outputs of the MatMul nodes
  std::string query, key;       // inputs of `scores`
  std::string probabilities, value;
};

// The value that a linear layer gives: behind its bias, when that is an initializer.
std::string linear_output(const loader::GraphIndex& index, const EncoderLinear& linear);

// `layer`: the linear layers of one encoder layer, in the order of kLinearRoles.
AttentionProducts attention_products(const loader::GraphIndex& index,
                                     std::span<const EncoderLinear> layer);

}  // namespace filigree::tools
