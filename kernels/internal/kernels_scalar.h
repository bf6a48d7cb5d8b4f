// Kernels in kernels/scalar/; their contracts are the headers of kernels/.
#pragma once

#include "kernels/kernel_slots.h"

namespace filigree::kernels {

extern const KernelTable kScalarTable;

LinearF32Fn dense_f32_scalar;
LinearF32Fn unstructured_f32_scalar;
LinearF32Fn block_1x4_f32_scalar;
LinearF32Fn block_4x1_f32_scalar;
LinearI8Fn dense_i8_scalar;
LinearI8Fn groups_i8_scalar;
LinearI8Fn unstructured_i8_scalar;

AttentionF32Fn attention_f32_scalar;
AttentionI8Fn attention_i8_scalar;
SoftmaxFn softmax_scalar;
LayerNormFn layer_norm_scalar;
GeluFn gelu_scalar;
QuantizeFn quantize_scalar;
EmbeddingFn embedding_scalar;

}  // namespace filigree::kernels
