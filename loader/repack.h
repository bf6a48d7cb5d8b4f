// Matrices of a packed model in other formats. Internal to the loader.
#pragma once

#include <vector>

#include "loader/model.h"

namespace filigree::loader {

// In the order of Model::matrices.
std::vector<Linear*> matrices_of(Encoder& encoder);

// Packs every matrix as `options` choose: the same numbers, so that outputs keep their bits. Does
// nothing to a model without an encoder. Throws FormatError for numbers that nothing packs.
// Precondition: Model::matrices has an element for each matrix.
void repack(Model& model, const LoadOptions& options);

}  // namespace filigree::loader
