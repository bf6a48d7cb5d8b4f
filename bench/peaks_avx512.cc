#include <immintrin.h>

#include "bench/peak_loops.h"

namespace filigree::bench {
namespace {

// An empty asm statement that may change a factor keeps the compiler from computing the result
// itself, or the same product once for all chains; one that reads the result keeps the loop. Sums
// are passed by value: an array whose address is taken would live in memory.
template <class Vector>
void keep(Vector sum) {
  __asm__ volatile("" : : "v"(sum));
}

}  // namespace

void fma_avx512() noexcept {
  __m512 sums[kChains];
  for (int i = 0; i < kChains; ++i) sums[i] = _mm512_setzero_ps();
  __m512 a = _mm512_set1_ps(0.5F);
  __m512 b = _mm512_set1_ps(0.25F);
  for (int step = 0; step < kSteps; ++step) {
    __asm__ volatile("" : "+v"(a), "+v"(b));
    for (int i = 0; i < kChains; ++i) sums[i] = _mm512_fmadd_ps(a, b, sums[i]);
  }
  for (int i = 0; i < kChains; ++i) keep(sums[i]);
}

void l1_load_avx512() noexcept {
  alignas(64) static float data[kL1Floats] = {1.0F};  // not the zero page
  __m512 sums[kChains];
  for (int i = 0; i < kChains; ++i) sums[i] = _mm512_setzero_ps();
  const __m512 weight = _mm512_set1_ps(0.5F);
  const float* x = data;
  __asm__ volatile("" : "+r"(x));  // or the compiler would compute with what it knows of `data`
  const float* const begin = x;
  for (int step = 0; step < kL1Steps<16>; ++step) {
    for (int i = 0; i < kChains; ++i)
      sums[i] = _mm512_fmadd_ps(weight, _mm512_load_ps(x + 16 * i), sums[i]);
    x += 16 * kChains;
    x = x == begin + kL1Floats ? begin : x;
  }
  for (int i = 0; i < kChains; ++i) keep(sums[i]);
}

void maddubs_avx512() noexcept {
  __m512i sums[kChains];
  for (int i = 0; i < kChains; ++i) sums[i] = _mm512_setzero_si512();
  __m512i x = _mm512_set1_epi8(3);
  const __m512i weights = _mm512_set1_epi8(2);
  const __m512i ones = _mm512_set1_epi16(1);
  for (int step = 0; step < kSteps; ++step)
    for (int i = 0; i < kChains; ++i) {
      __asm__ volatile("" : "+v"(x));
      sums[i] =
          _mm512_add_epi32(sums[i], _mm512_madd_epi16(_mm512_maddubs_epi16(x, weights), ones));
    }
  for (int i = 0; i < kChains; ++i) keep(sums[i]);
}

}  // namespace filigree::bench
