#include "kernels/internal/kernels_scalar.h"

namespace filigree::kernels {

constinit const KernelTable kScalarTable{
    .isa = Isa::kScalar,
    .attention_f32 = attention_f32_scalar,
    .attention_i8 = attention_i8_scalar,
    .softmax = softmax_scalar,
    .layer_norm = layer_norm_scalar,
    .gelu = gelu_scalar,
    .quantize = quantize_scalar,
    .embedding = embedding_scalar,
};

}  // namespace filigree::kernels
