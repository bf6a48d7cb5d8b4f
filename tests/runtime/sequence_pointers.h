// Sequences as RaggedBatch and BatchRunner take them.
#pragma once

#include <vector>

#include "runtime/sequence.h"

namespace filigree::runtime {

inline std::vector<const Sequence*> pointers(const std::vector<Sequence>& sequences) {
  std::vector<const Sequence*> views;
  for (const Sequence& sequence : sequences) views.push_back(&sequence);
  return views;
}

}  // namespace filigree::runtime
