// One loop for every operator that only moves elements: Transpose, Slice, Expand, Split, Gemm's
// transposes.
#pragma once

#include <cstdint>
#include <span>

#include "loader/operators/operator.h"

namespace filigree::loader {

// result[i0, i1, ...] = element (offset + sum of i_d * strides[d]) of `source`, in elements;
// strides may be 0 or negative. Requires that every such element lies inside `source`.
Tensor strided_copy(const Tensor& source, const Dims& dims, std::span<const std::int64_t> strides,
                    std::int64_t offset);

}  // namespace filigree::loader
