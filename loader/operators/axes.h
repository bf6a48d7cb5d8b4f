// Axes, shapes and the integer tensors that operators take as parameters.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "loader/operators/operator.h"

namespace filigree::loader {

// Axis counted from the front. Throws FormatError unless -rank <= axis < rank.
std::size_t normal_axis(std::int64_t axis, std::size_t rank);

// All of them; throws when two are the same. Ascending.
std::vector<std::size_t> normal_axes(std::span<const std::int64_t> axes, std::size_t rank);

// Elements of an INT64 or INT32 tensor of at most one dimension.
std::vector<std::int64_t> integer_values(const Tensor& tensor);

// Element of a one-element INT64 or INT32 tensor.
std::int64_t integer_value(const Tensor& tensor);

// Axes from input `index` (newer opsets) or from attribute "axes" (older ones); nullopt when
// neither is there.
std::optional<std::vector<std::int64_t>> axes_parameter(const Call& call, std::size_t index);

// Product of dims[begin, end).
std::size_t extent(const Dims& dims, std::size_t begin, std::size_t end);

// Row-major strides in elements.
std::vector<std::int64_t> row_major_strides(const Dims& dims);

}  // namespace filigree::loader
