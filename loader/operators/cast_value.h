// Conversion between element types.
#pragma once

#include "loader/tensor.h"

namespace filigree::loader {

// Float to integer truncates towards 0; what the integer cannot hold becomes the nearest bound, NaN
// becomes 0 (ONNX leaves both open). Integer to narrower integer wraps. To BOOL: not equal to 0.
Tensor cast(const Tensor& tensor, DataType type);

}  // namespace filigree::loader
