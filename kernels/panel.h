// Activation layouts. Tokens are vectorised: a lane of every vector register is a token.
//
//   float panel  [features][T]           x[f * T + t]
//   quad panel   [ceil(features/4)][T][4] u8, x[(f / 4) * 4 * T + 4 * t + f % 4]
//
// A panel holds 1..T tokens and starts at a 64-byte boundary. All T lanes of every feature are
// addressable memory. Lanes at and after `tokens` are padding: their content never influences a
// lane before `tokens`, and kernels may overwrite them in outputs. A ragged batch is a sequence of
// panels; a panel may hold the end of one sequence and the beginning of the next.
#pragma once

#include <cstddef>
#include <cstdint>

namespace filigree::kernels {

// T: 80 tokens are 10 AVX2 or 5 AVX-512 registers of accumulators. A multiple of 64 bytes that is
// not a power of two: few tokens of consecutive features spread over all sets of a cache.
inline constexpr std::size_t kPanelTokens = 80;

// What callers should put into a panel when they have many tokens, and what chunks of inputs are
// sized for: the part of X that a sparse row reads stays in L1. Wider panels leave L1 a little and
// pay when they save a panel, as each one reads all weights.
inline constexpr std::size_t kUsualPanelTokens = 64;
static_assert(kUsualPanelTokens <= kPanelTokens);
// AVX2 kernels of kUnstructuredF32 and kBlock1x4F32 pass over half of them at a time
// (kernels/internal/passes_avx2.h).
inline constexpr std::size_t kUsualPassTokensAvx2 = 32;

inline constexpr std::size_t kPanelAlignment = 64;

// Elements of one panel of `features` features.
constexpr std::size_t panel_floats(std::size_t features) { return features * kPanelTokens; }
constexpr std::size_t quad_panel_bytes(std::size_t features) {
  return (features + 3) / 4 * 4 * kPanelTokens;
}

// Affine u8 quantisation of ONNX QuantizeLinear: q = clamp(round_half_even(x / scale) + zero_point,
// 0, 255). The division is a division. scale > 0 and finite, 0 <= zero_point <= 255.
struct Quantization {
  float scale;
  std::int32_t zero_point;
};

// Integer sums rounded to bytes, as ONNX QLinearMatMul does:
//   q = clamp(round_half_even(float(sum) * factor) + zero_point, 0, 255)
// factor > 0 and finite, 0 <= zero_point <= 255.
struct Requantization {
  float factor;
  std::int32_t zero_point;
};

}  // namespace filigree::kernels
