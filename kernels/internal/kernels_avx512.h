// Kernels in kernels/avx512/; their contracts are the headers of kernels/.
#pragma once

#include "kernels/kernel_slots.h"

namespace filigree::kernels {

extern const KernelTable kAvx512Table;

LinearF32Fn dense_f32_avx512;
LinearF32Fn unstructured_f32_avx512;
LinearF32Fn block_1x4_f32_avx512;
LinearF32Fn block_4x1_f32_avx512;
LinearI8Fn dense_i8_avx512;
LinearI8Fn groups_i8_avx512;

AttentionF32Fn attention_f32_avx512;
AttentionI8Fn attention_i8_avx512;
SoftmaxFn softmax_avx512;
LayerNormFn layer_norm_avx512;
GeluFn gelu_avx512;
QuantizeFn quantize_avx512;

}  // namespace filigree::kernels
