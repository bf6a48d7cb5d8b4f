// kGroupsI8 with AVX-512: vpmaddubsw and vpmaddwd on 16 tokens at a time.
#include "kernels/internal/arithmetic_avx512.h"
#include "kernels/internal/kernels_avx512.h"
#include "kernels/internal/linear_groups_i8_avx512.h"

namespace filigree::kernels {

void groups_i8_avx512(const LinearI8Args& args) noexcept { groups_i8<QuadsMaddubs>(args); }

}  // namespace filigree::kernels
