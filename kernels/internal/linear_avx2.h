// Shared by the AVX2 int8 linear kernels: token vectors, and exact sums of products.
#pragma once

#include <immintrin.h>

#include "kernels/internal/linear_checks.h"
#include "kernels/internal/math_avx2.h"
#include "kernels/linear.h"

namespace filigree::kernels {

inline constexpr std::size_t kAvx2Lanes = 8;

// Vectors that hold `tokens` tokens; the rest of a panel is not computed.
static inline std::size_t token_vectors(std::size_t tokens) {
  return (tokens + kAvx2Lanes - 1) / kAvx2Lanes;
}

static inline const float* row_or_null(const float* panel, std::size_t row) {
  return panel != nullptr ? panel + row * kPanelTokens : nullptr;
}

// sums += the 4 inputs in each 32-bit lane of x times the 4 weights in each lane of w, exactly:
// packing has made sure that no pair of products leaves int16.
static inline __m256i add_quad(__m256i sums, __m256i x, __m256i w) {
  const __m256i pairs = _mm256_maddubs_epi16(x, w);  // [x0 w0 + x1 w1 | x2 w2 + x3 w3 | ...], int16
  return _mm256_add_epi32(sums, _mm256_madd_epi16(pairs, _mm256_set1_epi16(1)));
}

// The same for two quads whose products fit int16 together: 5 operations instead of 6, and 3
// instead of 4 of them are multiplications, of which a cycle takes two.
static inline __m256i add_quad_pair(__m256i sums, __m256i x0, __m256i w0, __m256i x1, __m256i w1) {
  const __m256i pairs =
      _mm256_add_epi16(_mm256_maddubs_epi16(x0, w0), _mm256_maddubs_epi16(x1, w1));
  return _mm256_add_epi32(sums, _mm256_madd_epi16(pairs, _mm256_set1_epi16(1)));
}

static inline const __m256i* vectors_at(const void* memory) {
  return static_cast<const __m256i*>(memory);
}
static inline __m256i* vectors_at(void* memory) { return static_cast<__m256i*>(memory); }

// scratch[row of the block][lane] += the entries of one slice (kernels/avx2/linear_groups_i8.cc);
// stores instead of adding where chunk 0 begins the sums.
enum class SliceSums { kBegin, kAdd };
void add_groups_avx2(const LinearI8Args& args, std::size_t block, std::size_t chunk,
                     SliceSums sums) noexcept;

// Turns the sums of a row block in args.scratch into y or y_u8 (kernels/avx2/linear_finish_i8.cc).
void finish_block_i8_avx2(const LinearI8Args& args, std::size_t block) noexcept;

}  // namespace filigree::kernels
