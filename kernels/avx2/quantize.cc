// Quantisation of kernels/quantize.h: four rows of eight tokens become eight quads, one 32-byte
// store.
#include <immintrin.h>

#include <cassert>
#include <cstddef>
#include <cstdint>

#include "kernels/internal/kernels_avx2.h"
#include "kernels/internal/math_avx2.h"

namespace filigree::kernels {
namespace {

constexpr std::size_t kLanes = 8;

// A row past the last feature; 0 becomes the zero point.
alignas(32) constexpr float kZeros[kPanelTokens] = {};

}  // namespace

void quantize_avx2(const QuantizeArgs& args) noexcept {
  assert(args.tokens >= 1 && args.tokens <= kPanelTokens);
  const QuantizerAvx2 quantizer = quantizer_avx2(args.quantization);
  const std::size_t tokens = args.tokens;
  for (std::size_t f = 0; f < args.features; f += 4) {
    const float* in[4];
    for (std::size_t r = 0; r < 4; ++r)
      in[r] = f + r < args.features ? args.in + (f + r) * kPanelTokens : kZeros;
    std::uint8_t* out = args.out + f * kPanelTokens;
    for (std::size_t t = 0; t < tokens; t += kLanes) {
      __m256 rows[4];
#pragma GCC unroll 4
      for (int r = 0; r < 4; ++r) rows[r] = _mm256_load_ps(in[r] + t);
      _mm256_store_si256(reinterpret_cast<__m256i*>(out + 4 * t),
                         quantized_quad_avx2(rows, quantizer));
    }
  }
}

}  // namespace filigree::kernels
