#include "kernels/internal/kernels_scalar.h"

namespace filigree::kernels {

constinit const KernelTable kScalarTable{
    .isa = Isa::kScalar,
};

}  // namespace filigree::kernels
