// Kernels in kernels/avx512_vnni/; their contracts are the headers of kernels/.
#pragma once

#include "kernels/kernel_slots.h"

namespace filigree::kernels {

extern const KernelTable kAvx512VnniTable;

LinearI8Fn dense_i8_avx512_vnni;
LinearI8Fn groups_i8_avx512_vnni;
LinearI8Fn unstructured_i8_avx512_vnni;

AttentionI8Fn attention_i8_avx512_vnni;

}  // namespace filigree::kernels
