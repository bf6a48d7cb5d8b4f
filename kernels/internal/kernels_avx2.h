// Kernels in kernels/avx2/; their contracts are the headers of kernels/.
#pragma once

#include "kernels/kernel_slots.h"

namespace filigree::kernels {

extern const KernelTable kAvx2Table;

LinearF32Fn dense_f32_avx2;
LinearF32Fn unstructured_f32_avx2;
LinearF32Fn block_1x4_f32_avx2;
LinearF32Fn block_4x1_f32_avx2;
LinearI8Fn dense_i8_avx2;
LinearI8Fn groups_i8_avx2;
LinearI8Fn unstructured_i8_avx2;

AttentionF32Fn attention_f32_avx2;
AttentionI8Fn attention_i8_avx2;
SoftmaxFn softmax_avx2;
LayerNormFn layer_norm_avx2;
GeluFn gelu_avx2;
QuantizeFn quantize_avx2;
EmbeddingFn embedding_avx2;

}  // namespace filigree::kernels
