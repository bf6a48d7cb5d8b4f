// What happens to finished int32 sums of a row, in registers, with AVX-512: scale, bias,
// activation, residual, and QuantizeLinear for quad panels.
#pragma once

#include <immintrin.h>

#include <cstddef>
#include <cstdint>

#include "kernels/internal/math_avx512.h"
#include "kernels/internal/packed_walk.h"
#include "kernels/linear.h"

namespace filigree::kernels {

static constexpr std::size_t kAvx512Lanes = 16;

// Vectors that hold `tokens` tokens; the rest of a panel is not computed.
static inline std::size_t token_vectors_avx512(std::size_t tokens) {
  return (tokens + kAvx512Lanes - 1) / kAvx512Lanes;
}

static inline const __m512i* vectors_at(const void* memory) {
  return static_cast<const __m512i*>(memory);
}
static inline __m512i* vectors_at(void* memory) { return static_cast<__m512i*>(memory); }

// What a call has in common for all of its rows.
struct FinishI8 {
  const LinearI8Args& args;
  QuantizerAvx512 quantizer;
};

static inline FinishI8 finish_i8(const LinearI8Args& args) {
  return {args, quantizer_avx512(args.y_u8 != nullptr ? args.y_quantization : Quantization{1, 0})};
}

// Byte `row % 4` of the quads of the V x 16 tokens from `vector` on; the other bytes belong to
// other rows.
template <int V>
[[gnu::always_inline]] static inline void store_quad_bytes(std::uint8_t* y_u8, std::size_t row,
                                                           std::size_t vector,
                                                           const __m512i (&bytes)[V]) {
  const std::size_t byte = row % 4;
  std::uint8_t* quads = y_u8 + (row - byte) * kPanelTokens + vector * 4 * kAvx512Lanes;
  const __mmask64 of_row = 0x1111111111111111ULL << byte;
  // By a vector of counts: by one count it is two operations.
  const __m512i bits = _mm512_set1_epi32(static_cast<int>(8 * byte));
  for (int i = 0; i < V; ++i)
    _mm512_mask_storeu_epi8(quads + 4 * kAvx512Lanes * i, of_row,
                            _mm512_sllv_epi32(bytes[i], bits));
}

// sums: with the row's offset already added.
template <int V>
[[gnu::always_inline]] static inline void finish_row_i8(const FinishI8& finish, std::size_t row,
                                                        const __m512i (&sums)[V]) {
  const LinearI8Args& args = finish.args;
  const __m512 scale = _mm512_set1_ps(args.scale[row]);
  const __m512 bias = _mm512_set1_ps(args.bias != nullptr ? args.bias[row] : 0.0F);
  __m512 values[V];
  for (int i = 0; i < V; ++i)
    values[i] = _mm512_add_ps(_mm512_mul_ps(_mm512_cvtepi32_ps(sums[i]), scale), bias);
  if (args.activation == Activation::kGelu)
    for (int i = 0; i < V; ++i) values[i] = gelu_avx512(values[i]);
  if (args.residual != nullptr)
    for (int i = 0; i < V; ++i)
      values[i] = _mm512_add_ps(
          values[i], _mm512_load_ps(args.residual + row * kPanelTokens + kAvx512Lanes * i));
  if (args.y_u8 != nullptr) {
    // All before the first store, which may change anything as far as the compiler knows.
    __m512i bytes[V];
    for (int i = 0; i < V; ++i) bytes[i] = quantize_avx512(values[i], finish.quantizer);
    store_quad_bytes(args.y_u8, row, 0, bytes);
    return;
  }
  // A missing residual is +0, which makes +0 of -0.
  if (args.residual == nullptr)
    for (int i = 0; i < V; ++i) values[i] = _mm512_add_ps(values[i], _mm512_setzero_ps());
  for (int i = 0; i < V; ++i)
    _mm512_store_ps(args.y + row * kPanelTokens + kAvx512Lanes * i, values[i]);
}

// Rows that pad the last quad are the zero point, so that a quad panel has no garbage.
static inline void finish_padding_rows_i8(const FinishI8& finish, std::size_t block) {
  const LinearI8Args& args = finish.args;
  if (args.y_u8 == nullptr || block + 1 != args.weights.row_blocks) return;
  const __m512i bytes[1] = {finish.quantizer.zero_point};
  for (std::size_t row = args.weights.rows; row % 4 != 0; ++row)
    for (std::size_t vector = 0; vector * kAvx512Lanes < args.tokens; ++vector)
      store_quad_bytes(args.y_u8, row, vector, bytes);
}

}  // namespace filigree::kernels
