// Elements of tensors of any type, as numbers that can be compared.
#pragma once

#include <cstddef>

#include "loader/tensor.h"

namespace filigree::tools {

// Exact but for INT64 beyond 2^53. Requires i < tensor.size().
double element(const loader::Tensor& tensor, std::size_t i) noexcept;

// |a - b|; 0 for equal infinities and for two NaNs, infinity where only one is a number.
double difference_of(double a, double b) noexcept;

}  // namespace filigree::tools
