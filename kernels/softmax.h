// Softmax over rows of one block of 16 queries (a lane is a query), in place.
//   s[j,i] <- exp(s[j,i] - max over j of s[.,i])
//   sums[i] = sum over j, ascending, of the new s[j,i]
//   scores  [keys][16] floats, 64-byte aligned;  sums  [16] floats, 64-byte aligned
// s * (1 / sum) is the softmax. exp is filigree's own polynomial (kernels/internal/), at most 2 ulp
// from the true value on [-87.33, 0], exactly 0 below: the same bits on every ISA. Finite
// scores only.
#pragma once

#include <cstddef>

namespace filigree::kernels {

inline constexpr std::size_t kQueryBlock = 16;

struct SoftmaxArgs {
  float* scores;
  std::size_t keys;  // >= 1
  float* sums;
};

using SoftmaxFn = void(const SoftmaxArgs&) noexcept;

}  // namespace filigree::kernels
