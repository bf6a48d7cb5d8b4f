#include "tools/model_maker/weights.h"

#include <cmath>
#include <string>
#include <utility>

namespace filigree::tools {

using loader::DataType;
using loader::Dims;
using loader::Tensor;

Tensor bell_tensor(std::uint64_t seed, std::string_view name, Dims dims, float mean,
                   float deviation) {
  Random random(seed, name);
  Tensor tensor(DataType::kFloat, std::move(dims));
  for (float& value : tensor.mutable_data<float>()) value = mean + deviation * random.bell();
  return tensor;
}

Tensor linear_weight(std::uint64_t seed, std::string_view name, const LinearShape& shape,
                     const Sparsity& sparsity) {
  Random mask_random(seed, std::string(name) + " mask");
  const auto kept = kept_weights(mask_random, sparsity, shape.inputs, shape.outputs);
  const auto zeros = sparsity.pattern == Pattern::kNone ? 0 : sparsity.percent;
  const float deviation = shape.gain / std::sqrt(static_cast<float>(shape.inputs) *
                                                 static_cast<float>(100 - zeros) / 100);
  constexpr float kLeast = 0.05F;
  Random random(seed, name);
  Tensor tensor(DataType::kFloat, {static_cast<std::int64_t>(shape.inputs),
                                   static_cast<std::int64_t>(shape.outputs)});
  const std::span<float> values = tensor.mutable_data<float>();
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (kept[i] == 0) continue;
    float value = random.bell();
    while (std::fabs(value) < kLeast) value = random.bell();
    values[i] = deviation * value;
  }
  return tensor;
}

}  // namespace filigree::tools
