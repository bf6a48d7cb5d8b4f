// What the bytes of a packed model depend on besides its file. Internal to the loader.
#pragma once

#include <string>

#include "loader/model.h"

namespace filigree::loader {

// "isa avx2 formats 0 recognition 0 l1 49152 forms 2", and a hidden layer or a what-if.
std::string packing_text(const LoadOptions& options);

}  // namespace filigree::loader
