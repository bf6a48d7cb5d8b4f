// Preconditions of attention that every ISA asserts alike.
#pragma once

#include <cassert>
#include <cstddef>
#include <cstdint>

#include "kernels/attention.h"

namespace filigree::kernels {

template <class Args>
static inline void check_attention([[maybe_unused]] const Args& args) {
  assert(args.head_size >= 1 && args.key_count >= 1 && args.key_segments >= 1);
  assert(args.queries.tokens >= 1);
  assert(args.queries.lane + args.queries.tokens <= kPanelTokens);
  assert(reinterpret_cast<std::uintptr_t>(args.scratch) % kPanelAlignment == 0);
  [[maybe_unused]] std::size_t keys = 0;
  for (std::size_t i = 0; i < args.key_segments; ++i) {
    assert(args.keys[i].tokens >= 1);
    assert(args.keys[i].lane + args.keys[i].tokens <= kPanelTokens);
    keys += args.keys[i].tokens;
  }
  assert(keys == args.key_count);
}

}  // namespace filigree::kernels
