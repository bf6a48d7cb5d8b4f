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

// Lane t holds byte F of the quad of token t.
template <int F>
__m256i quad_byte(const QuantizeArgs& args, const QuantizerAvx2& quantizer, std::size_t feature,
                  std::size_t token) {
  if (feature + F >= args.features) return _mm256_slli_epi32(quantizer.zero_point, 8 * F);
  const __m256 x = _mm256_load_ps(args.in + (feature + F) * kPanelTokens + token);
  return _mm256_slli_epi32(quantize_avx2(x, quantizer), 8 * F);
}

}  // namespace

void quantize_avx2(const QuantizeArgs& args) noexcept {
  assert(args.tokens >= 1 && args.tokens <= kPanelTokens);
  const QuantizerAvx2 quantizer = quantizer_avx2(args.quantization);
  for (std::size_t f = 0; f < args.features; f += 4)
    for (std::size_t t = 0; t < args.tokens; t += kLanes) {
      const __m256i low =
          _mm256_or_si256(quad_byte<0>(args, quantizer, f, t), quad_byte<1>(args, quantizer, f, t));
      const __m256i high =
          _mm256_or_si256(quad_byte<2>(args, quantizer, f, t), quad_byte<3>(args, quantizer, f, t));
      _mm256_store_si256(reinterpret_cast<__m256i*>(args.out + f * kPanelTokens + 4 * t),
                         _mm256_or_si256(low, high));
    }
}

}  // namespace filigree::kernels
