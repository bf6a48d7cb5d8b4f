// Products of two activations whose result is rounded to bytes become one node each
// (passes/rewrite.h) that gives floats, as SparseML exported both products of attention in 2021 and
// 2022:
//   QLinearMatMul(QuantizeLinear(a), QuantizeLinear(b)) -> ... -> DequantizeLinear
//     QuantizedMatMul(a, b) -> ... -> Identity
//   QLinearMatMul(QuantizeLinear(a), QuantizeLinear(b)) -> ... -> MatMulInteger
//     QuantizedMatMul(a, b) -> ... -> QuantizeLinear -> MatMulInteger
// where ... is nothing, or Transpose, Reshape and the like. Bytes that MatMulInteger reads as they
// are become floats of y_scale and bytes again, which is exact. Everything u8 or s8 per tensor,
// every scale and zero point an initializer. A product stays as it is when its zero points differ
// from those of QuantizeLinear or DequantizeLinear, or when its bytes have another reader. Run
// before canonicalize_quantized, which reads that QuantizeLinear.
#pragma once

#include "loader/graph.h"

namespace filigree::loader {

void canonicalize_byte_products(Graph& graph);

}  // namespace filigree::loader
