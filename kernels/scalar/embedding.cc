// Embedding of kernels/embedding.h, one entry after the other.
#include <cassert>
#include <cstddef>
#include <cstdint>

#include "kernels/internal/kernels_scalar.h"

namespace filigree::kernels {
namespace {

// IEEE half precision: 1 sign, 5 exponent, 10 fraction bits. Exact; a signalling NaN becomes quiet,
// as in hardware.
float float_of_half(std::uint16_t half) {
  const std::uint32_t sign = static_cast<std::uint32_t>(half & 0x8000U) << 16;
  const std::uint32_t exponent = (half >> 10) & 0x1FU;
  const std::uint32_t fraction = half & 0x3FFU;
  if (exponent == 0) {
    const float magnitude = static_cast<float>(fraction) * 0x1p-24F;
    return sign != 0 ? -magnitude : magnitude;
  }
  std::uint32_t bits = sign | (exponent + 112) << 23 | fraction << 13;
  if (exponent == 31) bits |= 0x7F800000U | (fraction != 0 ? 0x400000U : 0U);
  return __builtin_bit_cast(float, bits);
}

float entry(const EmbeddingTable& table, std::size_t index) {
  switch (table.type) {
    case TableType::kF32:
      return static_cast<const float*>(table.data)[index];
    case TableType::kF16:
      return float_of_half(static_cast<const std::uint16_t*>(table.data)[index]);
    case TableType::kU8:
      break;
  }
  const std::int32_t q = static_cast<const std::uint8_t*>(table.data)[index];
  return static_cast<float>(q - table.zero_point) * table.scale;
}

}  // namespace

void embedding_scalar(const EmbeddingArgs& args) noexcept {
  assert(args.table_count >= 1 && args.tokens >= 1 && args.tokens <= kPanelTokens);
  const std::size_t width = args.tables[0].width;
  for (std::size_t t = 0; t < args.tokens; ++t)
    for (std::size_t f = 0; f < width; ++f) {
      float sum = entry(args.tables[0], static_cast<std::size_t>(args.ids[0][t]) * width + f);
      for (std::size_t i = 1; i < args.table_count; ++i)
        sum += entry(args.tables[i], static_cast<std::size_t>(args.ids[i][t]) * width + f);
      args.out[f * kPanelTokens + t] = sum;
    }
}

}  // namespace filigree::kernels
