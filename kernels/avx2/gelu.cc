#include "kernels/gelu.h"

#include <immintrin.h>

#include <cstddef>

#include "kernels/internal/kernels_avx2.h"
#include "kernels/internal/lanes_avx2.h"
#include "kernels/internal/math_avx2.h"

namespace filigree::kernels {

void gelu_avx2(const GeluArgs& args) noexcept {
  std::size_t i = 0;
  for (; i + 8 <= args.count; i += 8)
    _mm256_storeu_ps(args.out + i, gelu_avx2(_mm256_loadu_ps(args.in + i)));
  if (i < args.count)
    store_lanes_avx2(args.out + i, gelu_avx2(load_lanes_avx2(args.in + i, args.count - i)),
                     args.count - i);
}

}  // namespace filigree::kernels
