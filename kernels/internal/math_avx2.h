// exp, GELU and QuantizeLinear of eight numbers: the steps of kernels/internal/math_scalar.h, bit
// for bit.
#pragma once

#include <immintrin.h>

#include "kernels/internal/math_constants.h"
#include "kernels/internal/quotient.h"
#include "kernels/panel.h"

namespace filigree::kernels {

static inline __m256 exp_avx2(__m256 x) {
  const __m256 shift = _mm256_set1_ps(kExpShift);
  const __m256 shifted = _mm256_fmadd_ps(x, _mm256_set1_ps(kExpLog2e), shift);
  const __m256 power = _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_castps_si256(shifted), 23));
  const __m256 n = _mm256_sub_ps(shifted, shift);
  __m256 r = _mm256_fnmadd_ps(n, _mm256_set1_ps(kExpLn2High), x);
  r = _mm256_fnmadd_ps(n, _mm256_set1_ps(kExpLn2Low), r);
  __m256 q = _mm256_set1_ps(kExpCoefficients[5]);
  for (int k = 4; k >= 0; --k) q = _mm256_fmadd_ps(q, r, _mm256_set1_ps(kExpCoefficients[k]));
  const __m256 result = _mm256_mul_ps(_mm256_fmadd_ps(r, q, _mm256_set1_ps(1.0F)), power);
  const __m256 is_zero = _mm256_cmp_ps(x, _mm256_set1_ps(kExpCutoff), _CMP_LT_OQ);
  return _mm256_andnot_ps(is_zero, result);
}

// GELU of N vectors in place, in lock step: with four of them there are eight chains of fma, which
// is what a core with two fma units of 4 cycles each needs.
template <int N>
[[gnu::always_inline]] static inline void gelu_avx2(__m256 (&x)[N]) {
  __m256 clamped[N], s[N], square[N], even[N], odd[N];
#pragma GCC unroll 4
  for (int i = 0; i < N; ++i) {
    clamped[i] = _mm256_min_ps(x[i], _mm256_set1_ps(kGeluClamp));
    clamped[i] = _mm256_max_ps(clamped[i], _mm256_set1_ps(-kGeluClamp));
    s[i] = _mm256_fmadd_ps(_mm256_mul_ps(clamped[i], clamped[i]), _mm256_set1_ps(kGeluScale),
                           _mm256_set1_ps(-1.0F));
    square[i] = _mm256_mul_ps(s[i], s[i]);
    even[i] = _mm256_set1_ps(kGeluCoefficients[12]);
    odd[i] = _mm256_set1_ps(kGeluCoefficients[13]);
  }
#pragma GCC unroll 6
  for (int k = 10; k >= 0; k -= 2)
#pragma GCC unroll 4
    for (int i = 0; i < N; ++i) {
      even[i] = _mm256_fmadd_ps(even[i], square[i], _mm256_set1_ps(kGeluCoefficients[k]));
      odd[i] = _mm256_fmadd_ps(odd[i], square[i], _mm256_set1_ps(kGeluCoefficients[k + 1]));
    }
#pragma GCC unroll 4
  for (int i = 0; i < N; ++i) {
    const __m256 ratio = _mm256_fmadd_ps(odd[i], s[i], even[i]);
    x[i] = _mm256_fmadd_ps(x[i], _mm256_mul_ps(clamped[i], ratio),
                           _mm256_mul_ps(x[i], _mm256_set1_ps(0.5F)));
  }
}

static inline __m256 gelu_avx2(__m256 x) {
  __m256 one[1] = {x};
  gelu_avx2(one);
  return one[0];
}

// The constants of one quantisation, made once outside the loop.
struct QuantizerAvx2 {
  __m256 smallest, largest;  // of x
  __m256 scale;
  __m256 high, low;  // of the reciprocal (kernels/internal/quotient.h)
  __m256i zero_point;
  bool is_exact;
};

static inline QuantizerAvx2 quantizer_avx2(Quantization quantization) {
  const float scale = quantization.scale;
  const Reciprocal reciprocal = reciprocal_of(scale);
  return {_mm256_set1_ps(scale * static_cast<float>(-quantization.zero_point)),
          _mm256_set1_ps(scale * static_cast<float>(255 - quantization.zero_point)),
          _mm256_set1_ps(scale),
          _mm256_set1_ps(reciprocal.high),
          _mm256_set1_ps(reciprocal.low),
          _mm256_set1_epi32(quantization.zero_point),
          reciprocal.is_exact};
}

// The rounded quotient, in -zero_point..255 - zero_point.
static inline __m256i divided_avx2(__m256 x, const QuantizerAvx2& quantizer) {
  const __m256i smallest = _mm256_sub_epi32(_mm256_setzero_si256(), quantizer.zero_point);
  const __m256i largest = _mm256_add_epi32(smallest, _mm256_set1_epi32(255));
  __m256 q = _mm256_div_ps(x, quantizer.scale);
  q = _mm256_max_ps(q, _mm256_cvtepi32_ps(smallest));  // NaN becomes `smallest`
  q = _mm256_min_ps(q, _mm256_cvtepi32_ps(largest));
  return _mm256_cvtps_epi32(q);
}

// The values without the zero point: -zero_point..255 - zero_point, one in each 32-bit lane.
static inline __m256i quotient_avx2(__m256 x, const QuantizerAvx2& quantizer) {
  if (!quantizer.is_exact) [[unlikely]]
    return divided_avx2(x, quantizer);
  x = _mm256_max_ps(x, quantizer.smallest);  // NaN becomes `smallest`
  x = _mm256_min_ps(x, quantizer.largest);
  const __m256 q = _mm256_fmadd_ps(x, quantizer.high, _mm256_mul_ps(x, quantizer.low));
  const __m256 rest = _mm256_fnmadd_ps(q, quantizer.scale, x);
  return _mm256_cvtps_epi32(_mm256_fmadd_ps(rest, quantizer.high, q));
}

// [r0 | r1 | r2 | r3] in each 32-bit lane: a byte of each of four rows, that of r0 lowest.
[[gnu::always_inline]] static inline __m256i quantized_quad_avx2(const __m256 (&rows)[4],
                                                                 const QuantizerAvx2& quantizer) {
  // What is left after the zero point is added to a byte does not carry into the next one.
  __m256i quad = _mm256_mullo_epi32(quantizer.zero_point, _mm256_set1_epi32(0x01010101));
#pragma GCC unroll 4
  for (int r = 0; r < 4; ++r)
    quad = _mm256_add_epi32(quad, _mm256_slli_epi32(quotient_avx2(rows[r], quantizer), 8 * r));
  return quad;
}

}  // namespace filigree::kernels
