// One sequence of token ids, as the engine's callers give it.
#pragma once

#include <cstdint>
#include <vector>

namespace filigree::runtime {

// Unpadded. Position i is token i.
struct Sequence {
  std::vector<std::int32_t> ids;
  std::vector<std::int32_t> type_ids;  // empty: all 0; else as many as ids
  // Empty: all 1; else as many as ids, each 0 or 1, at least one 1. No token attends to one with 0,
  // which is computed like the others itself, and counts for positions.
  std::vector<std::uint8_t> mask = {};
};

}  // namespace filigree::runtime
