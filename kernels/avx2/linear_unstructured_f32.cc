// kUnstructuredF32 with AVX2: kernels/internal/unstructured_f32.h in passes of up to 6 vectors of 8
// tokens.
#include <immintrin.h>

#include <cassert>
#include <cstddef>
#include <cstdint>

#include "kernels/internal/kernels_avx2.h"
#include "kernels/internal/passes_avx2.h"
#include "kernels/internal/unstructured_f32.h"
#include "kernels/internal/vectors_avx2.h"

namespace filigree::kernels {

void unstructured_f32_avx2(const LinearF32Args& args) noexcept {
  assert(args.weights.format == WeightFormat::kUnstructuredF32);
  check_linear_f32(args);
  static constexpr AddSliceF32* kSlices[kMostPassVectors] = {
      add_slice_unstructured<Avx2, 1>, add_slice_unstructured<Avx2, 2>,
      add_slice_unstructured<Avx2, 3>, add_slice_unstructured<Avx2, 4>,
      add_slice_unstructured<Avx2, 5>, add_slice_unstructured<Avx2, 6>};
  linear_in_passes(args, kSlices);
}

}  // namespace filigree::kernels
