#include "kernels/internal/kernels_avx512.h"

namespace filigree::kernels {

constinit const KernelTable kAvx512Table{
    .isa = Isa::kAvx512,
    .dense_f32 = dense_f32_avx512,
    .unstructured_f32 = unstructured_f32_avx512,
    .block_1x4_f32 = block_1x4_f32_avx512,
    .block_4x1_f32 = block_4x1_f32_avx512,
    .dense_i8 = dense_i8_avx512,
    .groups_i8 = groups_i8_avx512,
    .attention_f32 = attention_f32_avx512,
    .attention_i8 = attention_i8_avx512,
    .softmax = softmax_avx512,
    .layer_norm = layer_norm_avx512,
    .gelu = gelu_avx512,
    .quantize = quantize_avx512,
    // embedding: inherits AVX2, whose time is mostly that of reading rows of the tables; it is below
    // 1 % of a model.
};

}  // namespace filigree::kernels
