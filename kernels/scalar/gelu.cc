#include "kernels/gelu.h"

#include <cstddef>

#include "kernels/internal/kernels_scalar.h"
#include "kernels/internal/math_scalar.h"

namespace filigree::kernels {

void gelu_scalar(const GeluArgs& args) noexcept {
  for (std::size_t i = 0; i < args.count; ++i) args.out[i] = gelu_scalar(args.in[i]);
}

}  // namespace filigree::kernels
