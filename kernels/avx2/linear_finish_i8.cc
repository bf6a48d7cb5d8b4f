// What happens to the int32 sums of a row block with AVX2: offset, scale, bias, activation,
// residual, and QuantizeLinear for quad panels, where four consecutive rows share a 32-bit lane.
#include <immintrin.h>

#include <cstddef>
#include <cstdint>

#include "kernels/internal/linear_avx2.h"
#include "kernels/internal/packed_walk.h"

namespace filigree::kernels {
namespace {

// The numbers of one row, broadcast.
struct RowConstants {
  __m256i offset;
  __m256 scale;
  __m256 bias;
};

RowConstants row_constants(const LinearI8Args& args, std::size_t row) {
  return {_mm256_set1_epi32(args.offset[row]), _mm256_set1_ps(args.scale[row]),
          _mm256_set1_ps(args.bias != nullptr ? args.bias[row] : 0.0F)};
}

__m256 finished(const LinearI8Args& args, const RowConstants& constants, const std::int32_t* sums,
                const float* residual) {
  const __m256i sum = _mm256_add_epi32(_mm256_load_si256(vectors_at(sums)), constants.offset);
  __m256 value = _mm256_mul_ps(_mm256_cvtepi32_ps(sum), constants.scale);
  value = _mm256_add_ps(value, constants.bias);
  if (args.activation == Activation::kGelu) value = gelu_avx2(value);
  return _mm256_add_ps(value, residual != nullptr ? _mm256_load_ps(residual) : _mm256_setzero_ps());
}

void finish_float_row(const LinearI8Args& args, std::size_t row, const std::int32_t* sums,
                      std::size_t lanes) {
  const RowConstants constants = row_constants(args, row);
  const float* residual = row_or_null(args.residual, row);
  float* y = args.y + row * kPanelTokens;
  for (std::size_t t = 0; t < lanes; t += kAvx2Lanes)
    _mm256_store_ps(
        y + t, finished(args, constants, sums + t, residual != nullptr ? residual + t : nullptr));
}

// Rows row .. row + 3 of one quad; those past the last are the zero point, so that a quad panel has
// no garbage.
void finish_quad(const LinearI8Args& args, std::size_t row, const std::int32_t* sums,
                 std::size_t lanes) {
  const QuantizerAvx2 quantizer = quantizer_avx2(args.y_quantization);
  const std::size_t left = args.weights.rows - row;
  const std::size_t rows = left < 4 ? left : 4;
  RowConstants constants[4];
  for (std::size_t r = 0; r < rows; ++r) constants[r] = row_constants(args, row + r);
  std::uint8_t* y = args.y_u8 + row * kPanelTokens;
  for (std::size_t t = 0; t < lanes; t += kAvx2Lanes) {
    __m256i quad = _mm256_setzero_si256();
    for (std::size_t r = 4; r-- > 0;) {
      __m256i byte = quantizer.zero_point;
      if (r < rows) {
        const float* residual = row_or_null(args.residual, row + r);
        byte = quantize_avx2(finished(args, constants[r], sums + r * kPanelTokens + t,
                                      residual != nullptr ? residual + t : nullptr),
                             quantizer);
      }
      quad = _mm256_or_si256(_mm256_slli_epi32(quad, 8), byte);  // [r0 | r1 | r2 | r3], low first
    }
    _mm256_store_si256(vectors_at(y + 4 * t), quad);
  }
}

}  // namespace

void finish_block_i8_avx2(const LinearI8Args& args, std::size_t block) noexcept {
  const Span rows = rows_of_block(args.weights, block);
  const std::size_t lanes = token_vectors(args.tokens) * kAvx2Lanes;
  for (std::size_t row = rows.begin; row < rows.end; row += args.y_u8 != nullptr ? 4 : 1) {
    const std::int32_t* sums = args.scratch + (row - rows.begin) * kPanelTokens;
    if (args.y_u8 != nullptr)
      finish_quad(args, row, sums, lanes);
    else
      finish_float_row(args, row, sums, lanes);
  }
}

}  // namespace filigree::kernels
