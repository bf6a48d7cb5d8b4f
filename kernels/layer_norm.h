// Layer normalisation over the features of one panel; a lane is a token. In place (out == in) is
// allowed.
//   mean[t]  = (sum over f, ascending, of in[f,t]) / width
//   var[t]   = (sum over f, ascending, of fma(d, d, sum)) / width,   d = in[f,t] - mean[t]
//   out[f,t] = fma(d * (1 / sqrt(var[t] + eps)), gamma[f], beta[f])
// Add, fma, div and sqrt only, in this order: equal inputs give equal bits on every ISA. noexcept,
// allocates nothing.
#pragma once

#include <cstddef>

#include "kernels/panel.h"

namespace filigree::kernels {

struct LayerNormArgs {
  std::size_t width;   // >= 1
  std::size_t tokens;  // 1..kPanelTokens
  const float* in;     // panel [width][T]
  const float* gamma;  // [width]
  const float* beta;   // [width]
  float eps;
  float* out;  // panel [width][T]
};

using LayerNormFn = void(const LayerNormArgs&) noexcept;

}  // namespace filigree::kernels
