// What tiles of integer attention multiply their sums by: products that are rounded get their scale
// in a pass of its own (kernels/internal/attention_rounding_<isa>.h), so that tiles are the same
// with and without.
#pragma once

#include "kernels/attention.h"

namespace filigree::kernels {

static inline float score_factor(const AttentionI8Args& args) {
  return args.score_rounding != nullptr ? args.score_rounding->factor : args.score_scale;
}

static inline float out_factor(const AttentionI8Args& args) {
  return args.out_rounding != nullptr ? args.out_rounding->factor : args.out_scale;
}

}  // namespace filigree::kernels
