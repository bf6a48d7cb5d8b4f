#include <immintrin.h>

#include "bench/peak_loops.h"

namespace filigree::bench {
namespace {

// Not the intrinsic, which g++ 12 surrounds with copies of the sums in a loop with loads.
__m512i add_quads(__m512i sums, __m512i x, __m512i weights) {
  __asm__("vpdpbusd %2, %1, %0" : "+v"(sums) : "v"(x), "v"(weights));
  return sums;
}

}  // namespace

void dpbusd_avx512_vnni() noexcept {
  __m512i sums[kChains];
  for (int i = 0; i < kChains; ++i) sums[i] = _mm512_setzero_si512();
  __m512i x = _mm512_set1_epi8(3);
  const __m512i weights = _mm512_set1_epi8(2);
  for (int step = 0; step < kSteps; ++step) {
    // The compiler must not know the factors, or it would compute the result itself.
    __asm__ volatile("" : "+v"(x));
    for (int i = 0; i < kChains; ++i) sums[i] = _mm512_dpbusd_epi32(sums[i], x, weights);
  }
  for (int i = 0; i < kChains; ++i) __asm__ volatile("" : : "v"(sums[i]));
}

void dpbusd_load_avx512_vnni() noexcept {
  alignas(64) static float data[kL1Floats] = {1.0F};  // not the zero page
  __m512i sums[kChains];
  for (int i = 0; i < kChains; ++i) sums[i] = _mm512_setzero_si512();
  const __m512i weights = _mm512_set1_epi8(2);
  const float* x = data;
  __asm__ volatile("" : "+r"(x));  // or the compiler would compute with what it knows of `data`
  const float* const begin = x;
  for (int step = 0; step < kL1Steps<16>; ++step) {
    for (int i = 0; i < kChains; ++i)
      sums[i] = add_quads(sums[i], _mm512_load_si512(x + 16 * i), weights);
    x += 16 * kChains;
    x = x == begin + kL1Floats ? begin : x;
  }
  for (int i = 0; i < kChains; ++i) __asm__ volatile("" : : "v"(sums[i]));
}

}  // namespace filigree::bench
