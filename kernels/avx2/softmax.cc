// Softmax of kernels/softmax.h: both registers of a row at once, a lane is a query.
#include <immintrin.h>

#include <cassert>
#include <cstddef>

#include "kernels/internal/kernels_avx2.h"
#include "kernels/internal/math_avx2.h"

namespace filigree::kernels {

void softmax_avx2(const SoftmaxArgs& args) noexcept {
  assert(args.keys >= 1);
  float* const end = args.scores + args.keys * kQueryBlock;
  __m256 largest0 = _mm256_load_ps(args.scores);
  __m256 largest1 = _mm256_load_ps(args.scores + 8);
  for (const float* row = args.scores + kQueryBlock; row != end; row += kQueryBlock) {
    largest0 = _mm256_max_ps(_mm256_load_ps(row), largest0);
    largest1 = _mm256_max_ps(_mm256_load_ps(row + 8), largest1);
  }
  __m256 sum0 = _mm256_setzero_ps();
  __m256 sum1 = _mm256_setzero_ps();
  for (float* row = args.scores; row != end; row += kQueryBlock) {
    const __m256 power0 = exp_avx2(_mm256_sub_ps(_mm256_load_ps(row), largest0));
    const __m256 power1 = exp_avx2(_mm256_sub_ps(_mm256_load_ps(row + 8), largest1));
    _mm256_store_ps(row, power0);
    _mm256_store_ps(row + 8, power1);
    sum0 = _mm256_add_ps(sum0, power0);
    sum1 = _mm256_add_ps(sum1, power1);
  }
  _mm256_store_ps(args.sums, sum0);
  _mm256_store_ps(args.sums + 8, sum1);
}

}  // namespace filigree::kernels
