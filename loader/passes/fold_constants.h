// Replaces every node whose inputs are all initializers by its value, computed by the interpreter:
// Constant nodes, Cast of float16 initializers, Transpose of weights, Shape / Gather / Concat
// chains where they are constant. Kept: nodes whose operator the interpreter lacks, and nodes that
// would be costly or large beyond what a model file justifies. Throws FormatError for a constant
// node that is wrong. Then prunes.
#pragma once

#include "loader/graph.h"

namespace filigree::loader {

void fold_constants(Graph& graph);

}  // namespace filigree::loader
