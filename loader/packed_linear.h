// Packs the weights of linear layers: from [inputs, outputs] of ONNX to rows of outputs, in the
// format that the cost model or the options choose.
#pragma once

#include <memory_resource>

#include "loader/model.h"
#include "loader/passes/graph_index.h"

namespace filigree::loader {

// `node` is a Linear or QuantizedLinear (passes/rewrite.h). Throws FormatError for numbers that
// cannot be right, Mismatch for weights that the kernels cannot represent exactly. Packed
// weights go to `memory`.
Linear pack_linear(const GraphIndex& index, const Node& node, const LoadOptions& options,
                   std::pmr::memory_resource& memory);

}  // namespace filigree::loader
