// kDenseI8 with AVX-512 VNNI: vpdpbusd multiplies and adds a quad in one operation.
#include "kernels/internal/arithmetic_avx512_vnni.h"
#include "kernels/internal/kernels_avx512_vnni.h"
#include "kernels/internal/linear_dense_i8_avx512.h"

namespace filigree::kernels {

void dense_i8_avx512_vnni(const LinearI8Args& args) noexcept { dense_i8<QuadsVnni>(args); }

}  // namespace filigree::kernels
