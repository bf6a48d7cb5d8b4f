// GELU of sixteen numbers: the steps of kernels/internal/math_scalar.h, bit for bit.
#pragma once

#include <immintrin.h>

#include "kernels/internal/math_constants.h"

namespace filigree::kernels {

static inline __m512 gelu_avx512(__m512 x) {
  __m512 clamped = _mm512_min_ps(x, _mm512_set1_ps(kGeluClamp));
  clamped = _mm512_max_ps(clamped, _mm512_set1_ps(-kGeluClamp));
  const __m512 s = _mm512_fmadd_ps(_mm512_mul_ps(clamped, clamped), _mm512_set1_ps(kGeluScale),
                                   _mm512_set1_ps(-1.0F));
  __m512 ratio = _mm512_set1_ps(kGeluCoefficients[14]);
  for (int k = 13; k >= 0; --k)
    ratio = _mm512_fmadd_ps(ratio, s, _mm512_set1_ps(kGeluCoefficients[k]));
  return _mm512_fmadd_ps(x, _mm512_mul_ps(clamped, ratio), _mm512_mul_ps(x, _mm512_set1_ps(0.5F)));
}

}  // namespace filigree::kernels
