#include "kernels/internal/kernels_avx2.h"

namespace filigree::kernels {

constinit const KernelTable kAvx2Table{
    .isa = Isa::kAvx2,
    .dense_f32 = dense_f32_avx2,
    .unstructured_f32 = unstructured_f32_avx2,
    .block_1x4_f32 = block_1x4_f32_avx2,
    .block_4x1_f32 = block_4x1_f32_avx2,
    .dense_i8 = dense_i8_avx2,
    .groups_i8 = groups_i8_avx2,
    .unstructured_i8 = unstructured_i8_avx2,
    .attention_f32 = attention_f32_avx2,
    .attention_i8 = attention_i8_avx2,
    .softmax = softmax_avx2,
    .layer_norm = layer_norm_avx2,
    .gelu = gelu_avx2,
    .quantize = quantize_avx2,
    .embedding = embedding_avx2,
};

}  // namespace filigree::kernels
