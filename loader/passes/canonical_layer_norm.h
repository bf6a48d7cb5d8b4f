// Decomposed layer normalisation over the last axis becomes one LayerNormalization node:
//   d = x - ReduceMean(x);  Add(Mul(gamma, d / Sqrt(ReduceMean(d * d) + epsilon)), beta)
// with Pow(d, 2) or Mul(d, d), Div by Sqrt, Mul by Reciprocal(Sqrt) or Mul by Pow(-0.5), and either
// order of operands. gamma, beta and epsilon must be initializers. LayerNormalization nodes stay as
// they are.
#pragma once

#include "loader/graph.h"

namespace filigree::loader {

void canonicalize_layer_norm(Graph& graph);

}  // namespace filigree::loader
