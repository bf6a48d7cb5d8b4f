// IEEE binary16 <-> binary32 with integer operations only, so that every CPU and compiler gives the
// same bits.
#include <bit>
#include <cassert>

#include "loader/tensor.h"

namespace filigree::loader {
namespace {

// Computes all three cases and selects, so that a loop over it vectorises.
float widened(std::uint16_t bits) noexcept {
  const std::uint32_t sign = static_cast<std::uint32_t>(bits & 0x8000u) << 16;
  const std::uint32_t magnitude = bits & 0x7fffu;
  const std::uint32_t normal = (magnitude << 13) + ((127u - 15u) << 23);
  const std::uint32_t infinite = (magnitude << 13) | 0x7f800000u;  // or NaN
  // Subnormal or zero: magnitude * 2^-24 is exact in float.
  const auto tiny = std::bit_cast<std::uint32_t>(
      static_cast<float>(static_cast<std::int32_t>(magnitude)) * 0x1p-24f);
  const std::uint32_t finite = magnitude < 0x400u ? tiny : normal;
  return std::bit_cast<float>(sign | (magnitude < 0x7c00u ? finite : infinite));
}

}  // namespace

float half_to_float(std::uint16_t bits) noexcept { return widened(bits); }

void half_to_float(std::span<const std::uint16_t> bits, std::span<float> out) noexcept {
  assert(bits.size() == out.size());
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = widened(bits[i]);
}

std::uint16_t float_to_half(float value) noexcept {
  const std::uint32_t bits = std::bit_cast<std::uint32_t>(value);
  const std::uint32_t sign = (bits >> 16) & 0x8000u;
  const std::uint32_t magnitude = bits & 0x7fffffffu;
  const auto with_sign = [sign](std::uint32_t half) {
    return static_cast<std::uint16_t>(sign | half);
  };
  if (magnitude > 0x7f800000u)  // NaN: quiet, keeps the top of its payload
    return with_sign(0x7e00u | ((magnitude >> 13) & 0x3ffu));
  if (magnitude >= 0x477ff000u) return with_sign(0x7c00u);  // from 65520 up rounds to infinity
  if (magnitude >= 0x38800000u) {                           // normal half: 2^-14 and up
    const std::uint32_t rounded = magnitude + 0xfffu + ((magnitude >> 13) & 1u);
    return with_sign((rounded - 0x38000000u) >> 13);
  }
  if (magnitude < 0x33000000u) return with_sign(0);      // below half of the smallest subnormal
  const std::uint32_t shift = 126u - (magnitude >> 23);  // 14 .. 24
  const std::uint32_t mantissa = (magnitude & 0x7fffffu) | 0x800000u;
  const std::uint32_t kept = mantissa >> shift;
  const std::uint32_t lost = mantissa & ((1u << shift) - 1u);
  const std::uint32_t halfway = 1u << (shift - 1u);
  const bool up = lost > halfway || (lost == halfway && (kept & 1u) != 0);
  return with_sign(kept + (up ? 1u : 0u));
}

}  // namespace filigree::loader
