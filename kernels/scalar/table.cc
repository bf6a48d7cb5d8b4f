#include "kernels/internal/kernels_scalar.h"

namespace filigree::kernels {

constinit const KernelTable kScalarTable{
    .isa = Isa::kScalar,
    .dense_f32 = dense_f32_scalar,
    .unstructured_f32 = unstructured_f32_scalar,
    .block_1x4_f32 = block_1x4_f32_scalar,
    .block_4x1_f32 = block_4x1_f32_scalar,
    .dense_i8 = dense_i8_scalar,
    .groups_i8 = groups_i8_scalar,
    .unstructured_i8 = unstructured_i8_scalar,
    .attention_f32 = attention_f32_scalar,
    .attention_i8 = attention_i8_scalar,
    .softmax = softmax_scalar,
    .layer_norm = layer_norm_scalar,
    .gelu = gelu_scalar,
    .quantize = quantize_scalar,
    .embedding = embedding_scalar,
};

}  // namespace filigree::kernels
