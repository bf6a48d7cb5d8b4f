// Softmax of kernels/softmax.h, one query after the other.
#include <cassert>
#include <cstddef>

#include "kernels/internal/kernels_scalar.h"
#include "kernels/internal/math_scalar.h"

namespace filigree::kernels {

void softmax_scalar(const SoftmaxArgs& args) noexcept {
  assert(args.keys >= 1);
  for (std::size_t i = 0; i < kQueryBlock; ++i) {
    float* score = args.scores + i;
    float largest = score[0];
    for (std::size_t j = 1; j < args.keys; ++j) {
      const float other = score[j * kQueryBlock];
      largest = other > largest ? other : largest;
    }
    float sum = 0.0F;
    for (std::size_t j = 0; j < args.keys; ++j) {
      const float power = exp_scalar(score[j * kQueryBlock] - largest);
      score[j * kQueryBlock] = power;
      sum += power;
    }
    args.sums[i] = sum;
  }
}

}  // namespace filigree::kernels
