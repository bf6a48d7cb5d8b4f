// Replaces every node whose inputs are all initializers by its value, computed by the interpreter:
// Constant nodes, Cast of float16 initializers, Transpose of weights, Shape / Gather / Concat
// chains where they are constant. Kept: nodes whose operator the interpreter lacks, and nodes that
// would be costly or large beyond what a model file justifies. Throws FormatError for a constant
// node that is wrong. Then prunes.
#pragma once

#include <cstddef>

#include "loader/graph.h"

namespace filigree::loader {

void fold_constants(Graph& graph);

// How many elements folding may make of what a graph as read stores.
std::size_t fold_budget(const Graph& graph);

enum class ByteMatrices {
  kKept,   // DequantizeLinear of an INT8 or UINT8 matrix stays, so that canonical_qdq sees it
  kFolded  // and becomes a float matrix
};
// The same for a graph that is folded more than once: takes what it makes from `budget`.
void fold_constants(Graph& graph, std::size_t& budget, ByteMatrices matrices);

}  // namespace filigree::loader
