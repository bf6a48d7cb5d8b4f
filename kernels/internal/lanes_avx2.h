// Loads and stores of the first lanes of a register; memory after them is not touched.
#pragma once

#include <immintrin.h>

#include <cstddef>
#include <cstdint>

namespace filigree::kernels {

// -1 in the first `lanes` lanes (at most 8), 0 in the others.
static inline __m256i lane_mask_avx2(std::size_t lanes) {
  static constexpr std::int32_t kMasks[16] = {-1, -1, -1, -1, -1, -1, -1, -1};
  return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(kMasks + 8 - lanes));
}

// Other lanes are 0.
static inline __m256 load_lanes_avx2(const float* from, std::size_t lanes) {
  return lanes >= 8 ? _mm256_loadu_ps(from) : _mm256_maskload_ps(from, lane_mask_avx2(lanes));
}

static inline void store_lanes_avx2(float* to, __m256 value, std::size_t lanes) {
  if (lanes >= 8)
    _mm256_storeu_ps(to, value);
  else
    _mm256_maskstore_ps(to, lane_mask_avx2(lanes), value);
}

// Lanes of the second of two registers when `lanes` are in both.
static inline std::size_t lanes_after_8(std::size_t lanes) { return lanes > 8 ? lanes - 8 : 0; }

}  // namespace filigree::kernels
