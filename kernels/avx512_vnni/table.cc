#include "kernels/internal/kernels_avx512_vnni.h"

namespace filigree::kernels {

constinit const KernelTable kAvx512VnniTable{
    .isa = Isa::kAvx512Vnni,
};

}  // namespace filigree::kernels
