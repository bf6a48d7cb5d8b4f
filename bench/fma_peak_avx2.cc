#include <immintrin.h>

#include "bench/fma_peak.h"

namespace filigree::bench {
namespace {

// Two fma start per cycle and take 4: 8 chains suffice, 12 leave room for delays.
constexpr int kChains = 12;
constexpr int kSteps = 20000;

}  // namespace

double fma_avx2_flop() { return 2.0 * 8.0 * kChains * kSteps; }

void fma_avx2() {
  __m256 sums[kChains];
  for (__m256& sum : sums) sum = _mm256_setzero_ps();
  __m256 a = _mm256_set1_ps(0.5F);
  __m256 b = _mm256_set1_ps(0.25F);
  for (int step = 0; step < kSteps; ++step) {
    // The compiler must not know the factors, or it would compute the result itself.
    __asm__ volatile("" : "+x"(a), "+x"(b));
    for (__m256& sum : sums) sum = _mm256_fmadd_ps(a, b, sum);
  }
  for (__m256& sum : sums) __asm__ volatile("" : "+x"(sum));
}

}  // namespace filigree::bench
