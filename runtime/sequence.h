// One sequence of token ids, as the engine's callers give it.
#pragma once

#include <cstdint>
#include <vector>

namespace filigree::runtime {

// Unpadded. Position i is token i.
struct Sequence {
  std::vector<std::int32_t> ids;
  std::vector<std::int32_t> type_ids;  // empty: all 0; else as many as ids
};

}  // namespace filigree::runtime
