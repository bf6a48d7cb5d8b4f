// kGroupsI8 with AVX-512 VNNI: vpdpbusd multiplies and adds a quad in one operation.
#include "kernels/internal/arithmetic_avx512_vnni.h"
#include "kernels/internal/kernels_avx512_vnni.h"
#include "kernels/internal/linear_groups_i8_avx512.h"

namespace filigree::kernels {

void groups_i8_avx512_vnni(const LinearI8Args& args) noexcept { groups_i8<QuadsVnni>(args); }

}  // namespace filigree::kernels
