// How much a node can cost before it is evaluated: a file of a few bytes may ask for an Expand to
// 10^15 elements.
#pragma once

#include <cstddef>
#include <optional>
#include <span>

#include "loader/graph.h"

namespace filigree::loader {

// An upper bound of the elements of all outputs of `node` (for matrix products: of the
// multiplications), saturating at SIZE_MAX; nullopt for an operator that is not known here.
// `inputs` as for evaluate().
std::optional<std::size_t> element_bound(const Node& node, std::span<const Tensor> inputs);

}  // namespace filigree::loader
