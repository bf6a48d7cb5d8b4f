// Kernels in kernels/avx2/; their contracts are the headers of kernels/.
#pragma once

#include "kernels/kernel_slots.h"

namespace filigree::kernels {

extern const KernelTable kAvx2Table;

}  // namespace filigree::kernels
