#include "tools/model_maker/eight_bits.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace filigree::tools {
namespace {

using loader::Tensor;

constexpr float kLeastRange = 1e-6F;
constexpr float kWider = 1.0625F;  // what other inputs may reach beyond the samples

Tensor rounded(const Tensor& floats, float scale, std::uint8_t zero_point) {
  Tensor bytes(loader::DataType::kUint8, floats.dims());
  std::ranges::transform(floats.data<float>(), bytes.mutable_data<std::uint8_t>().begin(),
                         [=](float value) {
                           const float steps = std::nearbyint(value / scale) + zero_point;
                           return static_cast<std::uint8_t>(std::clamp(steps, 0.0F, 255.0F));
                         });
  return bytes;
}

std::uint8_t zero_point_of(float low, float scale) {
  return static_cast<std::uint8_t>(std::clamp(std::nearbyint(-low / scale), 0.0F, 255.0F));
}

}  // namespace

ByteTensor symmetric_bytes(const Tensor& weights, ByteSign sign) {
  float largest = kLeastRange;
  for (const float w : weights.data<float>()) largest = std::max(largest, std::fabs(w));
  const float scale = largest / 127;
  Tensor bytes = rounded(weights, scale, 128);
  if (sign == ByteSign::kUnsigned)
    return {std::move(bytes), Tensor::scalar(std::uint8_t{128}), scale};
  Tensor shifted(loader::DataType::kInt8, bytes.dims());
  std::ranges::transform(bytes.data<std::uint8_t>(), shifted.mutable_data<std::int8_t>().begin(),
                         [](std::uint8_t byte) { return static_cast<std::int8_t>(byte - 128); });
  return {std::move(shifted), Tensor::scalar(std::int8_t{0}), scale};
}

ByteTensor asymmetric_bytes(const Tensor& table) {
  Range range;
  for (const float value : table.data<float>()) {
    range.low = std::min(range.low, value);
    range.high = std::max(range.high, value);
  }
  const float scale = std::max(range.high - range.low, kLeastRange) / 255;
  const std::uint8_t zero_point = zero_point_of(range.low, scale);
  return {rounded(table, scale, zero_point), Tensor::scalar(zero_point), scale};
}

Range probability_range() { return {0, 1 / kWider}; }

ByteScale activation_scale(const Range& range) {
  const float low = range.low * kWider;
  const float width = std::max((range.high - range.low) * kWider, kLeastRange);
  int exponent = 0;
  const float mantissa = std::frexp(width / 255, &exponent);
  const float scale = std::ldexp(std::ceil(mantissa * 256) / 256, exponent);
  return {scale, zero_point_of(low, scale)};
}

}  // namespace filigree::tools
