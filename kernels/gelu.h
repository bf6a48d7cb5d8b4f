// GELU with the exact error function, elementwise:
//   out[i] = in[i] * 0.5 * (1 + erf(in[i] / sqrt(2)))
// erf is filigree's own polynomial (kernels/internal/), the same steps on every ISA, so
// equal inputs give equal bits; the absolute error of the result is at most 2^-22 * max(1, |in|).
// Linear layers apply the same function in their epilogue (Activation::kGelu). In place allowed.
// noexcept, allocates nothing.
#pragma once

#include <cstddef>

namespace filigree::kernels {

struct GeluArgs {
  const float* in;
  std::size_t count;
  float* out;
};

using GeluFn = void(const GeluArgs&) noexcept;

}  // namespace filigree::kernels
