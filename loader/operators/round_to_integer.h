// The rounding step of quantisation.
#pragma once

#include <cstdint>
#include <limits>

namespace filigree::loader {

// clamp(round_half_even(value) + zero_point) in Q, an 8-bit type. NaN gives the least Q.
template <class Q>
Q quantized(float value, Q zero_point) {
  // Beyond +-1024 every sum is saturated anyway; and within 2^22 adding and subtracting 1.5 * 2^23
  // leaves the nearest integer, halves to even. The comparison is written so that NaN takes the
  // lower bound.
  constexpr float kLimit = 1024.0f;
  constexpr float kRound = 12582912.0f;
  const float bounded = value > -kLimit ? (value < kLimit ? value : kLimit) : -kLimit;
  const auto rounded = static_cast<std::int32_t>((bounded + kRound) - kRound) + zero_point;
  const std::int32_t low = std::numeric_limits<Q>::min();
  const std::int32_t high = std::numeric_limits<Q>::max();
  return static_cast<Q>(rounded < low ? low : rounded > high ? high : rounded);
}

}  // namespace filigree::loader
