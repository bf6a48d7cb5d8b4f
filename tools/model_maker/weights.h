// Random tensors. The same seed, name and arguments give the same bytes, whatever else a model has.
#pragma once

#include <cstdint>
#include <string_view>

#include "loader/tensor.h"
#include "tools/model_maker/sparsity.h"

namespace filigree::tools {

// mean + deviation * Random::bell().
loader::Tensor bell_tensor(std::uint64_t seed, std::string_view name, loader::Dims dims, float mean,
                           float deviation);

// The weight of a linear layer, [inputs][outputs] (y = x W). Deviation gain / sqrt(inputs that
// stay): unit variance in, variance gain^2 out, whatever the sparsity (0.036 for 768 dense inputs
// and gain 1; trained BERTs have 0.04). A weight that stays is at least 0.05 deviations away from
// 0, so that neither float16 nor eight bits turn it into a zero.
struct LinearShape {
  std::size_t inputs = 0, outputs = 0;
  float gain = 1;
};
loader::Tensor linear_weight(std::uint64_t seed, std::string_view name, const LinearShape& shape,
                             const Sparsity& sparsity);

}  // namespace filigree::tools
