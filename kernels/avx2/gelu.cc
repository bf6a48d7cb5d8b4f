#include "kernels/gelu.h"

#include <immintrin.h>

#include <cstddef>

#include "kernels/internal/kernels_avx2.h"
#include "kernels/internal/lanes_avx2.h"
#include "kernels/internal/math_avx2.h"

namespace filigree::kernels {

void gelu_avx2(const GeluArgs& args) noexcept {
  std::size_t i = 0;
  for (; i + 32 <= args.count; i += 32) {
    __m256 values[4];
#pragma GCC unroll 4
    for (int v = 0; v < 4; ++v) values[v] = _mm256_loadu_ps(args.in + i + 8 * v);
    gelu_avx2(values);
#pragma GCC unroll 4
    for (int v = 0; v < 4; ++v) _mm256_storeu_ps(args.out + i + 8 * v, values[v]);
  }
  for (; i + 8 <= args.count; i += 8)
    _mm256_storeu_ps(args.out + i, gelu_avx2(_mm256_loadu_ps(args.in + i)));
  if (i < args.count)
    store_lanes_avx2(args.out + i, gelu_avx2(load_lanes_avx2(args.in + i, args.count - i)),
                     args.count - i);
}

}  // namespace filigree::kernels
