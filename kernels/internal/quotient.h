// QuantizeLinear without a division: x / scale, rounded as a division rounds it, from the
// reciprocal of the scale. A vector division takes 5 to 16 cycles, this four operations.
//
//   1 / scale = high + low + e          high the rounded reciprocal, abs(e) < 2^-47 high
//   q0 = fma(x, high, x * low)          next to x / scale: less than one unit in the last place off
//   q  = fma(fma(-q0, scale, x), high, q0)
//
// q is x / scale correctly rounded: Markstein's theorem, for q0 so near and `high` the reciprocal
// rounded to nearest; the inner fma is then exact. It holds away from overflow and underflow: x is
// clamped first, so that the quotient is within +-255; scales outside [2^-64, 2^64] are divided by;
// quotients below 2^-20 may be inexact and round to 0 all the same.
//
// Clamping x to scale * limit, rounded, is clamping the quotient to the limit, a whole number: the
// quotient of that product is within 2^-15 of the limit and rounds to it.
#pragma once

#include "kernels/panel.h"

namespace filigree::kernels {

struct Reciprocal {
  float high;
  float low;
  bool is_exact;  // otherwise divide
};

static inline Reciprocal reciprocal_of(float scale) {
  const float high = 1.0F / scale;
  const float low = __builtin_fmaf(-scale, high, 1.0F) * high;
  return {high, low, scale >= 0x1p-64F && scale <= 0x1p+64F};
}

}  // namespace filigree::kernels
