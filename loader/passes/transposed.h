// A constant matrix with rows and columns exchanged.
#pragma once

#include "loader/tensor.h"

namespace filigree::loader {

// Of FLOAT, INT8 or UINT8 (else std::invalid_argument), with two dimensions. Deferred: of all
// weights of a model, only those that are looked at are in memory twice.
Tensor transposed(const Tensor& matrix);

}  // namespace filigree::loader
