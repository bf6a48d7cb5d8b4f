// Quantisation of kernels/quantize.h: four rows of sixteen tokens become sixteen quads, one 64-byte
// store.
#include <immintrin.h>

#include <cassert>
#include <cstddef>
#include <cstdint>

#include "kernels/internal/kernels_avx512.h"
#include "kernels/internal/math_avx512.h"

namespace filigree::kernels {
namespace {

constexpr std::size_t kLanes = 16;

// A panel comes from L2, four rows at a time: those this far ahead are fetched (BERT-base, int8
// blocks, 384 tokens: the whole model 1 % faster).
constexpr std::size_t kPrefetchRows = 16;

// Lane t holds feature `feature` of token t; the zero point where that pads the last quad.
__m512i quantized(const QuantizeArgs& args, const QuantizerAvx512& quantizer, std::size_t feature,
                  std::size_t token) {
  if (feature >= args.features) return quantizer.zero_point;
  return quantize_avx512(_mm512_load_ps(args.in + feature * kPanelTokens + token), quantizer);
}

}  // namespace

void quantize_avx512(const QuantizeArgs& args) noexcept {
  assert(args.tokens >= 1 && args.tokens <= kPanelTokens);
  const QuantizerAvx512 quantizer = quantizer_avx512(args.quantization);
  for (std::size_t f = 0; f < args.features; f += 4)
    for (std::size_t t = 0; t < args.tokens; t += kLanes) {
      __m512i rows[4];
      for (std::size_t i = 0; i < 4; ++i) {
        rows[i] = quantized(args, quantizer, f + i, t);
        __builtin_prefetch(args.in + (f + i + kPrefetchRows) * kPanelTokens + t);
      }
      _mm512_store_si512(args.out + f * kPanelTokens + 4 * t, quads_of_rows_avx512(rows));
    }
}

}  // namespace filigree::kernels
