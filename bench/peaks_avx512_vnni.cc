#include <immintrin.h>

#include "bench/peak_loops.h"

namespace filigree::bench {

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

}  // namespace filigree::bench
