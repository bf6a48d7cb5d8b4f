// Packs the weights of linear layers: from [inputs, outputs] of ONNX to rows of outputs, in the
// format that the cost model or the options choose.
#pragma once

#include <cstdint>
#include <memory_resource>
#include <span>
#include <vector>

#include "loader/model.h"
#include "loader/passes/graph_index.h"

namespace filigree::loader {

// Row-major [rows][cols] in the format that the options or the cost model choose. Throw
// std::invalid_argument as kernels::pack_f32 and pack_i8 do.
kernels::PackedWeights packed_weights(std::span<const float> weights, std::size_t rows,
                                      std::size_t cols, const LoadOptions& options,
                                      std::pmr::memory_resource& memory);
kernels::PackedWeights packed_weights(std::span<const std::int16_t> weights, std::size_t rows,
                                      std::size_t cols, const LoadOptions& options,
                                      std::pmr::memory_resource& memory);

// Memory that packing one matrix after another uses again.
struct PackScratch {
  TensorScratch stored;
  TensorScratch turned;
};

// `node` is a Linear or QuantizedLinear (passes/rewrite.h). Throws FormatError for numbers that
// cannot be right, Mismatch for weights that the kernels cannot represent exactly. Packed
// weights go to `memory`. Thread-safe with a scratch for each thread.
Linear pack_linear(const GraphIndex& index, const Node& node, const LoadOptions& options,
                   std::pmr::memory_resource& memory, PackScratch& scratch);

}  // namespace filigree::loader
