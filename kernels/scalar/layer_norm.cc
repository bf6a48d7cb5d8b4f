// Layer normalisation of kernels/layer_norm.h, one token after the other.
#include <cassert>
#include <cstddef>

#include "kernels/internal/kernels_scalar.h"
#include "kernels/internal/math_scalar.h"

namespace filigree::kernels {

void layer_norm_scalar(const LayerNormArgs& args) noexcept {
  assert(args.width >= 1 && args.tokens >= 1 && args.tokens <= kPanelTokens);
  const float width = static_cast<float>(args.width);
  for (std::size_t t = 0; t < args.tokens; ++t) {
    const float* in = args.in + t;
    float* out = args.out + t;
    float sum = 0.0F;
    for (std::size_t f = 0; f < args.width; ++f) sum += in[f * kPanelTokens];
    const float mean = sum / width;
    float squares = 0.0F;
    for (std::size_t f = 0; f < args.width; ++f) {
      const float d = in[f * kPanelTokens] - mean;
      squares = fma_scalar(d, d, squares);
    }
    const float inverse = 1.0F / __builtin_sqrtf(squares / width + args.eps);
    for (std::size_t f = 0; f < args.width; ++f) {
      const float d = in[f * kPanelTokens] - mean;
      out[f * kPanelTokens] = fma_scalar(d * inverse, args.gamma[f], args.beta[f]);
    }
  }
}

}  // namespace filigree::kernels
