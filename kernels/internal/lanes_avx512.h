// Loads and stores of the first lanes of a register; memory after them is not touched.
#pragma once

#include <immintrin.h>

#include <cstddef>
#include <cstdint>

namespace filigree::kernels {

// The first `lanes` lanes, all of them from 16 on.
static inline __mmask16 lane_mask_avx512(std::size_t lanes) {
  return static_cast<__mmask16>(lanes >= 16 ? 0xFFFFU : (1U << lanes) - 1U);
}

// Other lanes are 0.
static inline __m512 load_lanes_avx512(const float* from, std::size_t lanes) {
  return _mm512_maskz_loadu_ps(lane_mask_avx512(lanes), from);
}

static inline void store_lanes_avx512(float* to, __m512 value, std::size_t lanes) {
  _mm512_mask_storeu_ps(to, lane_mask_avx512(lanes), value);
}

}  // namespace filigree::kernels
