#include "kernels/gelu.h"

#include <immintrin.h>

#include <cstddef>

#include "kernels/internal/kernels_avx512.h"
#include "kernels/internal/lanes_avx512.h"
#include "kernels/internal/math_avx512.h"

namespace filigree::kernels {

void gelu_avx512(const GeluArgs& args) noexcept {
  std::size_t i = 0;
  for (; i + 16 <= args.count; i += 16)
    _mm512_storeu_ps(args.out + i, gelu_avx512(_mm512_loadu_ps(args.in + i)));
  if (i < args.count)
    store_lanes_avx512(args.out + i, gelu_avx512(load_lanes_avx512(args.in + i, args.count - i)),
                       args.count - i);
}

}  // namespace filigree::kernels
