#include "kernels/internal/kernels_avx2.h"

namespace filigree::kernels {

constinit const KernelTable kAvx2Table{
    .isa = Isa::kAvx2,
};

}  // namespace filigree::kernels
