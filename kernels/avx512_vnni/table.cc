#include "kernels/internal/kernels_avx512_vnni.h"

namespace filigree::kernels {

constinit const KernelTable kAvx512VnniTable{
    .isa = Isa::kAvx512Vnni,
    .dense_i8 = dense_i8_avx512_vnni,
    .groups_i8 = groups_i8_avx512_vnni,
    .unstructured_i8 = unstructured_i8_avx512_vnni,
    .attention_i8 = attention_i8_avx512_vnni,
};

}  // namespace filigree::kernels
