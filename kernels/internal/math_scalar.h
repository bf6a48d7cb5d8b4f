// exp, GELU and QuantizeLinear of one number; kernels/internal/math_avx2.h has the same steps on
// eight, bit for bit. Minimum and maximum are written as the comparison that minps and maxps make,
// so that NaN goes the same way.
#pragma once

#include <cstdint>

#include "kernels/internal/math_constants.h"
#include "kernels/panel.h"

namespace filigree::kernels {

static inline float fma_scalar(float a, float b, float c) { return __builtin_fmaf(a, b, c); }

// For x <= 0; within 2 ulp, exactly 1 at 0 and exactly 0 below -87.33.
static inline float exp_scalar(float x) {
  if (x < kExpCutoff) return 0.0F;
  const float shifted = fma_scalar(x, kExpLog2e, kExpShift);
  const float power = __builtin_bit_cast(float, __builtin_bit_cast(std::uint32_t, shifted) << 23);
  const float n = shifted - kExpShift;
  float r = fma_scalar(n, -kExpLn2High, x);
  r = fma_scalar(n, -kExpLn2Low, r);
  float q = kExpCoefficients[5];
  for (int k = 4; k >= 0; --k) q = fma_scalar(q, r, kExpCoefficients[k]);
  return fma_scalar(r, q, 1.0F) * power;  // exact, as no result lies below the normal numbers
}

// The function of kernels/gelu.h.
static inline float gelu_scalar(float x) {
  float clamped = x < kGeluClamp ? x : kGeluClamp;
  clamped = clamped > -kGeluClamp ? clamped : -kGeluClamp;
  const float s = fma_scalar(clamped * clamped, kGeluScale, -1.0F);
  // Even and odd powers by themselves: two short chains of fma instead of a long one.
  const float square = s * s;
  float even = kGeluCoefficients[12];
  float odd = kGeluCoefficients[13];
  for (int k = 10; k >= 0; k -= 2) even = fma_scalar(even, square, kGeluCoefficients[k]);
  for (int k = 11; k >= 1; k -= 2) odd = fma_scalar(odd, square, kGeluCoefficients[k]);
  const float ratio = fma_scalar(odd, s, even);
  return fma_scalar(x, clamped * ratio, x * 0.5F);
}

// clamp(round_half_even(steps), -zero_point, 255 - zero_point): clamping before rounding gives the
// same, as the limits are integers, and keeps infinities out of the rounding.
static inline float rounded_scalar(float steps, std::int32_t zero_point) {
  const float low = static_cast<float>(-zero_point);
  const float high = static_cast<float>(255 - zero_point);
  float q = steps > low ? steps : low;
  q = q < high ? q : high;
  return (q + kRoundShift) - kRoundShift;
}

// The function of kernels/quantize.h.
static inline std::uint8_t quantize_scalar(float x, Quantization quantization) {
  const std::int32_t zero_point = quantization.zero_point;
  return static_cast<std::uint8_t>(
      static_cast<std::int32_t>(rounded_scalar(x / quantization.scale, zero_point)) + zero_point);
}

}  // namespace filigree::kernels
