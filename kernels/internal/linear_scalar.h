// Shared by the scalar linear kernels: what happens to finished sums, one number at a time.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/internal/linear_checks.h"
#include "kernels/internal/math_scalar.h"
#include "kernels/linear.h"

namespace filigree::kernels {

// act(value) + residual of one output.
static inline float activated(Activation activation, float value, const float* residual) {
  const float active = activation == Activation::kGelu ? gelu_scalar(value) : value;
  return active + (residual != nullptr ? *residual : 0.0F);
}

// y[row] = act(sums + bias) + residual; y may be the residual.
static inline void finish_row_scalar(const LinearF32Args& args, std::size_t row,
                                     const float* sums) {
  // -0 + 0 is +0: a sum of zeros may be -0 or +0 depending on which zeros of W were multiplied.
  const float bias = (args.bias != nullptr ? args.bias[row] : 0.0F) + 0.0F;
  for (std::size_t t = 0; t < args.tokens; ++t) {
    const std::size_t at = row * kPanelTokens + t;
    args.y[at] = activated(args.activation, sums[t] + bias,
                           args.residual != nullptr ? args.residual + at : nullptr);
  }
}

// scratch[row of the block][lane] += the entries of one slice.
void add_groups_scalar(const LinearI8Args& args, std::size_t block, std::size_t chunk) noexcept;

// Zeroes the sums of a row block; turns them into y or y_u8.
void begin_block_i8_scalar(const LinearI8Args& args, std::size_t block) noexcept;
void finish_block_i8_scalar(const LinearI8Args& args, std::size_t block) noexcept;

}  // namespace filigree::kernels
