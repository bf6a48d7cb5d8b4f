// Preconditions of linear kernels that every ISA asserts alike.
#pragma once

#include <cassert>
#include <cstddef>

#include "kernels/linear.h"

namespace filigree::kernels {

static inline void check_layout([[maybe_unused]] const PackedView& weights,
                                [[maybe_unused]] std::size_t first_block,
                                [[maybe_unused]] std::size_t last_block,
                                [[maybe_unused]] std::size_t tokens) {
  assert(weights.panel_tokens == kPanelTokens);
  assert(weights.block_rows <= kMaxBlockRows);
  assert(first_block <= last_block && last_block <= weights.row_blocks);
  assert(tokens >= 1 && tokens <= kPanelTokens);
}

static inline void check_linear_f32([[maybe_unused]] const LinearF32Args& args) {
  check_layout(args.weights, args.first_block, args.last_block, args.tokens);
  assert(args.x != nullptr && args.y != nullptr);
}

static inline void check_linear_i8([[maybe_unused]] const LinearI8Args& args) {
  check_layout(args.weights, args.first_block, args.last_block, args.tokens);
  assert(args.x != nullptr && args.offset != nullptr && args.scale != nullptr);
  assert((args.y == nullptr) != (args.y_u8 == nullptr) && args.scratch != nullptr);
}

}  // namespace filigree::kernels
