// Softmax of kernels/softmax.h for blocks of W registers of queries: scores [keys][16 W].
#pragma once

#include <immintrin.h>

#include <cassert>
#include <cstddef>

#include "kernels/internal/math_avx512.h"
#include "kernels/softmax.h"

namespace filigree::kernels {

// The largest score of each query. Two rows in turn, as a maximum takes 4 cycles; which of them
// comes first can matter to the sign of a zero only, and not to exp.
template <int W>
static inline void largest_scores(const SoftmaxArgs& args, __m512 (&largest)[W]) {
  __m512 odd[W];
  for (int w = 0; w < W; ++w) largest[w] = odd[w] = _mm512_load_ps(args.scores + 16 * w);
  const float* row = args.scores;
  for (std::size_t key = 0; key + 2 <= args.keys; key += 2, row += 2 * 16 * W)
    for (int w = 0; w < W; ++w) {
      largest[w] = _mm512_max_ps(_mm512_load_ps(row + 16 * w), largest[w]);
      odd[w] = _mm512_max_ps(_mm512_load_ps(row + 16 * (W + w)), odd[w]);
    }
  for (int w = 0; w < W; ++w) {
    largest[w] = _mm512_max_ps(largest[w], odd[w]);
    if (args.keys % 2 != 0) largest[w] = _mm512_max_ps(largest[w], _mm512_load_ps(row + 16 * w));
  }
}

// The rest of softmax when the largest scores are known.
template <int W>
static inline void exponentials_avx512(const SoftmaxArgs& args, const __m512 (&largest)[W]) {
  assert(args.keys >= 1);
  __m512 sums[W];
  for (int w = 0; w < W; ++w) sums[w] = _mm512_setzero_ps();
  float* const end = args.scores + args.keys * 16 * W;
  for (float* row = args.scores; row != end; row += 16 * W)
    for (int w = 0; w < W; ++w) {
      const __m512 power = exp_avx512(_mm512_sub_ps(_mm512_load_ps(row + 16 * w), largest[w]));
      _mm512_store_ps(row + 16 * w, power);
      sums[w] = _mm512_add_ps(sums[w], power);
    }
  for (int w = 0; w < W; ++w) _mm512_store_ps(args.sums + 16 * w, sums[w]);
}

template <int W>
static inline void softmax_block_avx512(const SoftmaxArgs& args) {
  __m512 largest[W];
  largest_scores(args, largest);
  exponentials_avx512(args, largest);
}

}  // namespace filigree::kernels
