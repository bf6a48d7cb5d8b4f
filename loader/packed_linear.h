// Packs the weights of linear layers: from [inputs, outputs] of ONNX to rows of outputs, in the
// format that the cost model or the options choose.
#pragma once

#include "loader/model.h"
#include "loader/passes/graph_index.h"

namespace filigree::loader {

// `node` is a Linear or QuantizedLinear (passes/rewrite.h). Throws FormatError for numbers that
// cannot be right, Mismatch for weights that the kernels cannot represent exactly.
Linear pack_linear(const GraphIndex& index, const Node& node, LoadOptions::Formats formats);

// "dense_f32", "unstructured_f32", "dense_i8" or "groups_i8".
const char* format_name(kernels::WeightFormat format) noexcept;

}  // namespace filigree::loader
