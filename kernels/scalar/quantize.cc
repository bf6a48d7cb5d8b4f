// Quantisation of kernels/quantize.h; out[(f / 4) * 4 * T + 4 * t + f % 4].
#include <cassert>
#include <cstddef>
#include <cstdint>

#include "kernels/internal/kernels_scalar.h"
#include "kernels/internal/math_scalar.h"

namespace filigree::kernels {

void quantize_scalar(const QuantizeArgs& args) noexcept {
  assert(args.tokens >= 1 && args.tokens <= kPanelTokens);
  const std::uint8_t padding = static_cast<std::uint8_t>(args.quantization.zero_point);
  const std::size_t padded_features = (args.features + 3) / 4 * 4;
  for (std::size_t f = 0; f < padded_features; ++f) {
    std::uint8_t* out = args.out + f / 4 * 4 * kPanelTokens + f % 4;
    for (std::size_t t = 0; t < args.tokens; ++t)
      out[4 * t] = f < args.features
                       ? quantize_scalar(args.in[f * kPanelTokens + t], args.quantization)
                       : padding;
  }
}

}  // namespace filigree::kernels
