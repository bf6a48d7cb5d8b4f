// Softmax of kernels/softmax.h: a row is one register, a lane is a query.
#include "kernels/softmax.h"

#include "kernels/internal/kernels_avx512.h"
#include "kernels/internal/softmax_avx512.h"

namespace filigree::kernels {

void softmax_avx512(const SoftmaxArgs& args) noexcept { softmax_block_avx512<1>(args); }

}  // namespace filigree::kernels
