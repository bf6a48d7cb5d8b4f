// GELU by the error function becomes one Gelu node:
//   x * 0.5 * (1 + Erf(x / sqrt(2)))
// with the three factors multiplied in any order, and Div by sqrt(2) or Mul by its inverse. The
// constants must be those of float to within 1e-6: a coarser constant is another function. Gelu
// nodes stay as they are.
#pragma once

#include "loader/graph.h"

namespace filigree::loader {

void canonicalize_gelu(Graph& graph);

}  // namespace filigree::loader
