// How kernels/internal/linear_groups_i8_avx512.h adds products without VNNI: as AVX2 does. Packing
// has made sure that no pair of products leaves int16 (kernels/README.md).
#pragma once

#include <immintrin.h>

namespace filigree::kernels {
namespace {

struct QuadsMaddubs {
  static constexpr bool kInPairs = true;
  template <int V>
  static constexpr int kChains = 1;  // of vpaddd, which takes one cycle

  static __m512i add_quad(__m512i sums, __m512i x, __m512i w) {
    // [x0 w0 + x1 w1 | x2 w2 + x3 w3 | ...], int16
    return widen(sums, _mm512_maddubs_epi16(x, w));
  }
  static __m512i add_quad_pair(__m512i sums, __m512i x0, __m512i w0, __m512i x1, __m512i w1) {
    return widen(sums,
                 _mm512_add_epi16(_mm512_maddubs_epi16(x0, w0), _mm512_maddubs_epi16(x1, w1)));
  }

 private:
  static __m512i widen(__m512i sums, __m512i pairs) {
    return _mm512_add_epi32(sums, _mm512_madd_epi16(pairs, _mm512_set1_epi16(1)));
  }
};

}  // namespace
}  // namespace filigree::kernels
