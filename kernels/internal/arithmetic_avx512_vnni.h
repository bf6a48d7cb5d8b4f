// How kernels/internal/linear_i8_avx512.h adds products with VNNI. vpdpbusd does not saturate.
#pragma once

#include <immintrin.h>

namespace filigree::kernels {
namespace {

struct QuadsVnni {
  static constexpr bool kInPairs = false;
  template <int V>
  static constexpr int kChains = V >= 3 ? 2 : 4;

  static __m512i add_quad(__m512i sums, __m512i x, __m512i w) {
    // g++ 12 surrounds the intrinsic with two copies of the sums, which cost a third of the loop.
    __asm__("vpdpbusd %2, %1, %0" : "+v"(sums) : "v"(x), "v"(w));
    return sums;
  }
};

}  // namespace
}  // namespace filigree::kernels
