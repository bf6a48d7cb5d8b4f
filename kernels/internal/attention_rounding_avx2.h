// The roundings of integer attention (kernels/attention.h): products become whole steps from the
// zero point, times the scale.
#pragma once

#include <immintrin.h>

#include <cstddef>

#include "kernels/attention.h"
#include "kernels/internal/lanes_avx2.h"
#include "kernels/softmax.h"

namespace filigree::kernels {

struct RounderAvx2 {
  __m256 smallest, largest, scale;
};

static inline RounderAvx2 rounder_avx2(const Requantization& rounding, float scale) {
  return {_mm256_set1_ps(static_cast<float>(-rounding.zero_point)),
          _mm256_set1_ps(static_cast<float>(255 - rounding.zero_point)), _mm256_set1_ps(scale)};
}

static inline __m256 rounded_avx2(__m256 product, const RounderAvx2& rounder) {
  product = _mm256_max_ps(product, rounder.smallest);
  product = _mm256_min_ps(product, rounder.largest);
  return _mm256_mul_ps(_mm256_cvtepi32_ps(_mm256_cvtps_epi32(product)), rounder.scale);
}

// Of [keys][16].
static inline void round_scores_avx2(const AttentionI8Args& args, float* scores) {
  const RounderAvx2 rounder = rounder_avx2(*args.score_rounding, args.score_scale);
  float* const end = scores + args.key_count * kQueryBlock;
  for (float* half = scores; half != end; half += 8)
    _mm256_store_ps(half, rounded_avx2(_mm256_load_ps(half), rounder));
}

// Of `count` queries from lane `lane` on.
static inline void round_outputs_avx2(const AttentionI8Args& args, std::size_t lane,
                                      std::size_t count) {
  const RounderAvx2 rounder = rounder_avx2(*args.out_rounding, args.out_scale);
  float* row = args.out + args.queries.panel * args.out_panel_stride + lane;
  for (std::size_t d = 0; d < args.head_size; ++d, row += kPanelTokens)
    for (std::size_t i = 0; i < count; i += 8) {
      const __m256 product = load_lanes_avx2(row + i, count - i);
      store_lanes_avx2(row + i, rounded_avx2(product, rounder), count - i);
    }
}

}  // namespace filigree::kernels
