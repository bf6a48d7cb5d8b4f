// MatMul by a constant float matrix, with or without the Add of a constant bias, and Gemm with
// alpha = beta = 1 become Linear nodes (passes/rewrite.h). Run after fold_constants, which turns a
// transposed weight into a constant. Throws FormatError when weight and bias do not fit each other.
#pragma once

#include "loader/graph.h"

namespace filigree::loader {

void canonicalize_linear(Graph& graph);

}  // namespace filigree::loader
