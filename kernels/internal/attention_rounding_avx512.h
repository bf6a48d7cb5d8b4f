// The roundings of integer attention (kernels/attention.h): products become whole steps from the
// zero point, times the scale.
#pragma once

#include <immintrin.h>

#include <cstddef>

#include "kernels/attention.h"
#include "kernels/internal/lanes_avx512.h"

namespace filigree::kernels {

struct RounderAvx512 {
  __m512 smallest, largest, scale;
};

static inline RounderAvx512 rounder_avx512(const Requantization& rounding, float scale) {
  return {_mm512_set1_ps(static_cast<float>(-rounding.zero_point)),
          _mm512_set1_ps(static_cast<float>(255 - rounding.zero_point)), _mm512_set1_ps(scale)};
}

static inline __m512 rounded_avx512(__m512 product, const RounderAvx512& rounder) {
  product = _mm512_max_ps(product, rounder.smallest);
  product = _mm512_min_ps(product, rounder.largest);
  return _mm512_mul_ps(_mm512_cvtepi32_ps(_mm512_cvtps_epi32(product)), rounder.scale);
}

// Of [keys][16 W]. `largest` becomes the largest score of each query.
template <int W>
static inline void round_scores_avx512(const AttentionI8Args& args, float* scores,
                                       __m512 (&largest)[W]) {
  const RounderAvx512 rounder = rounder_avx512(*args.score_rounding, args.score_scale);
  __m512 most[W];
  for (int w = 0; w < W; ++w) most[w] = _mm512_set1_ps(-__builtin_inff());
  float* const end = scores + args.key_count * 16 * W;
  for (float* row = scores; row != end; row += 16 * W)
    for (int w = 0; w < W; ++w) {
      const __m512 score = rounded_avx512(_mm512_load_ps(row + 16 * w), rounder);
      _mm512_store_ps(row + 16 * w, score);
      most[w] = _mm512_max_ps(most[w], score);
    }
  for (int w = 0; w < W; ++w) largest[w] = most[w];
}

// Of `count` queries from lane `lane` on.
static inline void round_outputs_avx512(const AttentionI8Args& args, std::size_t lane,
                                        std::size_t count) {
  const RounderAvx512 rounder = rounder_avx512(*args.out_rounding, args.out_scale);
  float* row = args.out + args.queries.panel * args.out_panel_stride + lane;
  for (std::size_t d = 0; d < args.head_size; ++d, row += kPanelTokens)
    for (std::size_t i = 0; i < count; i += 16) {
      const __m512 product = load_lanes_avx512(row + i, count - i);
      store_lanes_avx512(row + i, rounded_avx512(product, rounder), count - i);
    }
}

}  // namespace filigree::kernels
