// What happens to the int32 sums of a row block with AVX2: offset, scale, bias, activation,
// residual, and QuantizeLinear for quad panels, where four consecutive rows share a 32-bit lane.
#include <immintrin.h>

#include <cstddef>
#include <cstdint>

#include "kernels/internal/linear_avx2.h"
#include "kernels/internal/packed_walk.h"

namespace filigree::kernels {
namespace {

// A missing residual, which is added as 0.
alignas(32) constexpr float kZeros[kPanelTokens] = {};

// A row, its numbers broadcast.
struct Row {
  __m256i offset;
  __m256 scale;
  __m256 bias;
  const std::int32_t* sums;
  const float* residual;
};

Row row_at(const LinearI8Args& args, std::size_t row, const std::int32_t* sums) {
  return {_mm256_set1_epi32(args.offset[row]), _mm256_set1_ps(args.scale[row]),
          _mm256_set1_ps(args.bias != nullptr ? args.bias[row] : 0.0F), sums,
          args.residual != nullptr ? args.residual + row * kPanelTokens : kZeros};
}

// A row past the last one of a quad: 0, whatever the sums are.
Row no_row(const std::int32_t* sums) {
  return {_mm256_setzero_si256(), _mm256_setzero_ps(), _mm256_setzero_ps(), sums, kZeros};
}

// Eight lanes, from t on, of N rows.
template <Activation kActivation, int N>
[[gnu::always_inline]] inline void finish(const Row* rows, std::size_t t, __m256 (&values)[N]) {
#pragma GCC unroll 4
  for (int r = 0; r < N; ++r) {
    const __m256i sum =
        _mm256_add_epi32(_mm256_load_si256(vectors_at(rows[r].sums + t)), rows[r].offset);
    values[r] = _mm256_add_ps(_mm256_mul_ps(_mm256_cvtepi32_ps(sum), rows[r].scale), rows[r].bias);
  }
  if constexpr (kActivation == Activation::kGelu) gelu_avx2(values);
#pragma GCC unroll 4
  for (int r = 0; r < N; ++r)
    values[r] = _mm256_add_ps(values[r], _mm256_load_ps(rows[r].residual + t));
}

template <Activation kActivation>
void finish_float_row(const Row& from, float* y, std::size_t lanes) {
  const Row row = from;
  for (std::size_t t = 0; t < lanes; t += kAvx2Lanes) {
    __m256 value[1];
    finish<kActivation>(&row, t, value);
    _mm256_store_ps(y + t, value[0]);
  }
}

template <Activation kActivation>
void finish_quad(const Row (&rows)[4], const QuantizerAvx2& from, std::uint8_t* y,
                 std::size_t lanes) {
  const QuantizerAvx2 quantizer = from;
  for (std::size_t t = 0; t < lanes; t += kAvx2Lanes) {
    __m256 values[4];
    finish<kActivation>(rows, t, values);
    _mm256_store_si256(vectors_at(y + 4 * t), quantized_quad_avx2(values, quantizer));
  }
}

template <Activation kActivation>
void finish_rows(const LinearI8Args& args, Span rows) {
  const std::size_t lanes = token_vectors(args.tokens) * kAvx2Lanes;
  const auto sums_of = [&](std::size_t row) {
    return args.scratch + (row - rows.begin) * kPanelTokens;
  };
  if (args.y_u8 == nullptr) {
    for (std::size_t row = rows.begin; row < rows.end; ++row)
      finish_float_row<kActivation>(row_at(args, row, sums_of(row)), args.y + row * kPanelTokens,
                                    lanes);
    return;
  }
  const QuantizerAvx2 quantizer = quantizer_avx2(args.y_quantization);
  for (std::size_t row = rows.begin; row < rows.end; row += 4) {
    Row quad[4];
    for (std::size_t r = 0; r < 4; ++r)
      quad[r] = row + r < rows.end ? row_at(args, row + r, sums_of(row + r)) : no_row(sums_of(row));
    finish_quad<kActivation>(quad, quantizer, args.y_u8 + row * kPanelTokens, lanes);
  }
}

}  // namespace

void finish_block_i8_avx2(const LinearI8Args& args, std::size_t block) noexcept {
  const Span rows = rows_of_block(args.weights, block);
  if (args.activation == Activation::kGelu)
    finish_rows<Activation::kGelu>(args, rows);
  else
    finish_rows<Activation::kNone>(args, rows);
}

}  // namespace filigree::kernels
