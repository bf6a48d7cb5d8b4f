// Kernels in kernels/avx512/; their contracts are the headers of kernels/.
#pragma once

#include "kernels/kernel_slots.h"

namespace filigree::kernels {

extern const KernelTable kAvx512Table;

LinearF32Fn unstructured_f32_avx512;

}  // namespace filigree::kernels
