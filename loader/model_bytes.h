// What a loaded model takes. Internal to the loader.
#pragma once

#include <cstddef>

#include "loader/model.h"

namespace filigree::loader {

// Packed weights, their parameters, tables and the initializers of `rest`; what is in memory once
// counts once.
std::size_t memory_bytes(const Model& model);

}  // namespace filigree::loader
