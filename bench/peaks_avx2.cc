#include <immintrin.h>

#include "bench/peak_loops.h"

namespace filigree::bench {
namespace {

// An empty asm statement that may change a factor keeps the compiler from computing the result
// itself, or the same product once for all chains; one that reads the result keeps the loop. Sums
// are passed by value: an array whose address is taken would live in memory.
template <class Vector>
void keep(Vector sum) {
  __asm__ volatile("" : : "x"(sum));
}

}  // namespace

void fma_avx2() noexcept {
  __m256 sums[kChains];
  for (int i = 0; i < kChains; ++i) sums[i] = _mm256_setzero_ps();
  __m256 a = _mm256_set1_ps(0.5F);
  __m256 b = _mm256_set1_ps(0.25F);
  for (int step = 0; step < kSteps; ++step) {
    __asm__ volatile("" : "+x"(a), "+x"(b));
    for (int i = 0; i < kChains; ++i) sums[i] = _mm256_fmadd_ps(a, b, sums[i]);
  }
  for (int i = 0; i < kChains; ++i) keep(sums[i]);
}

void l1_load_avx2() noexcept {
  alignas(64) static float data[kL1Floats] = {1.0F};  // not the zero page
  __m256 sums[kChains];
  for (int i = 0; i < kChains; ++i) sums[i] = _mm256_setzero_ps();
  const __m256 weight = _mm256_set1_ps(0.5F);
  const float* x = data;
  __asm__ volatile("" : "+r"(x));  // or the compiler would compute with what it knows of `data`
  const float* const begin = x;
  for (int step = 0; step < kL1Steps<8>; ++step) {
    for (int i = 0; i < kChains; ++i)
      sums[i] = _mm256_fmadd_ps(weight, _mm256_load_ps(x + 8 * i), sums[i]);
    x += 8 * kChains;
    x = x == begin + kL1Floats ? begin : x;
  }
  for (int i = 0; i < kChains; ++i) keep(sums[i]);
}

void maddubs_avx2() noexcept {
  __m256i sums[kChains];
  for (int i = 0; i < kChains; ++i) sums[i] = _mm256_setzero_si256();
  __m256i x = _mm256_set1_epi8(3);
  const __m256i weights = _mm256_set1_epi8(2);
  const __m256i ones = _mm256_set1_epi16(1);
  for (int step = 0; step < kSteps; ++step)
    for (int i = 0; i < kChains; ++i) {
      __asm__ volatile("" : "+x"(x));
      sums[i] =
          _mm256_add_epi32(sums[i], _mm256_madd_epi16(_mm256_maddubs_epi16(x, weights), ones));
    }
  for (int i = 0; i < kChains; ++i) keep(sums[i]);
}

}  // namespace filigree::bench
