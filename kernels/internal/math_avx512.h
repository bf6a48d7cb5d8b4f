// exp, GELU and QuantizeLinear of sixteen numbers: the steps of kernels/internal/math_scalar.h, bit
// for bit.
#pragma once

#include <immintrin.h>

#include "kernels/internal/math_constants.h"
#include "kernels/internal/quotient.h"
#include "kernels/panel.h"

namespace filigree::kernels {

static inline __m512 exp_avx512(__m512 x) {
  const __m512 shift = _mm512_set1_ps(kExpShift);
  const __m512 shifted = _mm512_fmadd_ps(x, _mm512_set1_ps(kExpLog2e), shift);
  const __m512 n = _mm512_sub_ps(shifted, shift);
  __m512 r = _mm512_fnmadd_ps(n, _mm512_set1_ps(kExpLn2High), x);
  r = _mm512_fnmadd_ps(n, _mm512_set1_ps(kExpLn2Low), r);
  __m512 q = _mm512_set1_ps(kExpCoefficients[5]);
  for (int k = 4; k >= 0; --k) q = _mm512_fmadd_ps(q, r, _mm512_set1_ps(kExpCoefficients[k]));
  // NaN is not below the cutoff: it stays.
  const __mmask16 is_nonzero = _mm512_cmp_ps_mask(x, _mm512_set1_ps(kExpCutoff), _CMP_NLT_UQ);
  // Rounded before it is scaled, which is the same: no result lies below the normal numbers.
  const __m512 power = _mm512_fmadd_ps(r, q, _mm512_set1_ps(1.0F));
  return _mm512_maskz_scalef_ps(is_nonzero, power, n);
}

static inline __m512 gelu_avx512(__m512 x) {
  // The smaller magnitude, with the sign of x: a minimum and a maximum in one.
  const __m512 clamped = _mm512_range_ps(x, _mm512_set1_ps(kGeluClamp), 2);
  const __m512 s = _mm512_fmadd_ps(_mm512_mul_ps(clamped, clamped), _mm512_set1_ps(kGeluScale),
                                   _mm512_set1_ps(-1.0F));
  const __m512 square = _mm512_mul_ps(s, s);
  __m512 even = _mm512_set1_ps(kGeluCoefficients[12]);
  __m512 odd = _mm512_set1_ps(kGeluCoefficients[13]);
  for (int k = 10; k >= 0; k -= 2)
    even = _mm512_fmadd_ps(even, square, _mm512_set1_ps(kGeluCoefficients[k]));
  for (int k = 11; k >= 1; k -= 2)
    odd = _mm512_fmadd_ps(odd, square, _mm512_set1_ps(kGeluCoefficients[k]));
  const __m512 ratio = _mm512_fmadd_ps(odd, s, even);
  return _mm512_fmadd_ps(x, _mm512_mul_ps(clamped, ratio), _mm512_mul_ps(x, _mm512_set1_ps(0.5F)));
}

// The constants of one quantisation, made once outside the loop.
struct QuantizerAvx512 {
  __m512 smallest, largest;  // of x
  __m512 scale;
  __m512 high, low;  // of the reciprocal (kernels/internal/quotient.h)
  __m512i zero_point;
  bool is_exact;
};

static inline QuantizerAvx512 quantizer_avx512(Quantization quantization) {
  const float scale = quantization.scale;
  const Reciprocal reciprocal = reciprocal_of(scale);
  return {_mm512_set1_ps(scale * static_cast<float>(-quantization.zero_point)),
          _mm512_set1_ps(scale * static_cast<float>(255 - quantization.zero_point)),
          _mm512_set1_ps(scale),
          _mm512_set1_ps(reciprocal.high),
          _mm512_set1_ps(reciprocal.low),
          _mm512_set1_epi32(quantization.zero_point),
          reciprocal.is_exact};
}

// As rounded_quotient_avx512, with a division.
static inline __m512i divided_avx512(__m512 x, const QuantizerAvx512& quantizer) {
  const __m512i smallest = _mm512_sub_epi32(_mm512_setzero_si512(), quantizer.zero_point);
  const __m512i largest = _mm512_add_epi32(smallest, _mm512_set1_epi32(255));
  __m512 q = _mm512_div_ps(x, quantizer.scale);
  q = _mm512_max_ps(q, _mm512_cvtepi32_ps(smallest));  // NaN becomes `smallest`
  q = _mm512_min_ps(q, _mm512_cvtepi32_ps(largest));
  return _mm512_cvtps_epi32(q);
}

// x / scale rounded. The reciprocal must be exact; a quotient outside 32 bits becomes the smallest
// number.
static inline __m512i unclamped_quotient_avx512(__m512 x, const QuantizerAvx512& quantizer) {
  const __m512 q = _mm512_fmadd_ps(x, quantizer.high, _mm512_mul_ps(x, quantizer.low));
  const __m512 rest = _mm512_fnmadd_ps(q, quantizer.scale, x);
  return _mm512_cvtps_epi32(_mm512_fmadd_ps(rest, quantizer.high, q));
}

// x / scale rounded, in -zero_point..255 - zero_point.
static inline __m512i rounded_quotient_avx512(__m512 x, const QuantizerAvx512& quantizer) {
  if (!quantizer.is_exact) [[unlikely]]
    return divided_avx512(x, quantizer);
  x = _mm512_max_ps(x, quantizer.smallest);  // NaN becomes `smallest`
  x = _mm512_min_ps(x, quantizer.largest);
  return unclamped_quotient_avx512(x, quantizer);
}

// Sixteen values in 0..255, one in each 32-bit lane.
static inline __m512i quantize_avx512(__m512 x, const QuantizerAvx512& quantizer) {
  return _mm512_add_epi32(rounded_quotient_avx512(x, quantizer), quantizer.zero_point);
}

// Four rows of numbers in 0..255, a token in each lane, as quads of bytes: row 0 lowest.
static inline __m512i quads_of_rows_avx512(const __m512i (&rows)[4]) {
  // Within 128 bits: [a0 a1 a2 a3 b0 b1 b2 b3] words, then [a0..a3 b0..b3 c0..c3 d0..d3] bytes.
  const __m512i bytes = _mm512_packus_epi16(_mm512_packs_epi32(rows[0], rows[1]),
                                            _mm512_packs_epi32(rows[2], rows[3]));
  const __m512i by_token =
      _mm512_broadcast_i32x4(_mm_setr_epi8(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15));
  return _mm512_shuffle_epi8(bytes, by_token);  // [a0 b0 c0 d0 a1 b1 c1 d1 ...]
}

}  // namespace filigree::kernels
