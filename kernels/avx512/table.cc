#include "kernels/internal/kernels_avx512.h"

namespace filigree::kernels {

constinit const KernelTable kAvx512Table{
    .isa = Isa::kAvx512,
    .unstructured_f32 = unstructured_f32_avx512,
};

}  // namespace filigree::kernels
