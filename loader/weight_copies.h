// Copies of a model's packed weights, one on each NUMA node.
#pragma once

#include "loader/model.h"

namespace filigree::loader {

// Fills model.copies as `placement` says, adds their bytes to memory_bytes, and says in the
// model's warnings what does not lie where it should. Without an encoder there is nothing to copy.
// Throws std::bad_alloc.
void place_weights(Model& model, const WeightPlacement& placement);

}  // namespace filigree::loader
