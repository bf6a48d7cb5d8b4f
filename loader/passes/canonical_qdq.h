// Products of values that were quantised and are float again (Q/DQ pairs) become one node each
// (passes/rewrite.h), which multiplies the integers:
//
//   QuantizedLinear: MatMul(DQ(Q(x)), W) [-> Q -> DQ] [-> Add float bias],
//                    Gemm(DQ(Q(x)), W [, float bias]) with alpha = beta = 1
//   QuantizedMatMul: MatMul(DQ(Q(a)), DQ(Q(b))) [-> Q -> DQ]
//
// W is DequantizeLinear of a constant INT8 or UINT8 matrix with one scale or one for each output,
// perhaps behind a Transpose; fold_constants must have kept it (ByteMatrices). Activations per
// tensor. rescale is the product of both scales, so that the result is that of the form which
// canonicalize_quantized reads: sums of integers times one float, where the graph as it is written
// sums products of floats. They differ by the rounding of those sums, and with a pair behind a
// product of activations by that of its scale.
//
// DQ(Q(DQ(bytes))) of one scale and zero point becomes DQ(bytes): a table whose rows are quantised
// again is one of bytes.
//
// What does not fit stays as it is: scales along the inputs, a pair whose zero points or scales
// differ, a pair behind a sum, which is a rounding of its own.
// Throws FormatError when a bias does not fit.
#pragma once

#include "loader/graph.h"

namespace filigree::loader {

void canonicalize_qdq(Graph& graph);

}  // namespace filigree::loader
