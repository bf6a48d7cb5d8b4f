// Kernels in kernels/scalar/; their contracts are the headers of kernels/.
#pragma once

#include "kernels/kernel_slots.h"

namespace filigree::kernels {

extern const KernelTable kScalarTable;

}  // namespace filigree::kernels
