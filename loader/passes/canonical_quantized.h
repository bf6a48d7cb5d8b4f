// The integer products that SparseML exports become one node each (passes/rewrite.h):
//   QuantizeLinear(x) -> MatMulInteger(x, constant W) [-> Add int32 bias] -> Cast -> Mul rescale
//   [-> Add float bias]
//                                                                                               QuantizedLinear
//   MatMulInteger(QuantizeLinear(a), QuantizeLinear(b)) -> Cast -> Mul rescale QuantizedMatMul
// Activations u8 or s8 per tensor; weights u8 or s8 with one zero point or one for each output;
// rescale a scalar or one value for each output. A product whose zero points differ from those of
// its QuantizeLinear stays as it is. Throws FormatError when weight, bias, zero points or rescale
// do not fit each other.
#pragma once

#include "loader/graph.h"

namespace filigree::loader {

void canonicalize_quantized(Graph& graph);

}  // namespace filigree::loader
