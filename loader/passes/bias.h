// What a constant that is added to the result of a linear layer is.
#pragma once

#include "loader/graph.h"

namespace filigree::loader {

// True when `constant` holds one value for each of `outputs` features (dimensions before the last
// are 1); false when it holds one value for all. Throws FormatError naming `node` when it can be
// neither, and so cannot be added.
bool is_bias(const Node& node, const std::string& name, const Tensor& constant,
             std::int64_t outputs);

}  // namespace filigree::loader
