// kUnstructuredF32 with AVX-512: kernels/internal/unstructured_f32.h with up to 5 vectors of 16
// tokens.
#include <immintrin.h>

#include <cassert>
#include <cstddef>
#include <cstdint>

#include "kernels/internal/kernels_avx512.h"
#include "kernels/internal/unstructured_f32.h"
#include "kernels/internal/vectors_avx512.h"

namespace filigree::kernels {

void unstructured_f32_avx512(const LinearF32Args& args) noexcept {
  assert(args.weights.format == WeightFormat::kUnstructuredF32);
  check_linear_f32(args);
  static constexpr AddSliceF32* kSlices[kPanelVectors<Avx512>] = {
      add_slice_unstructured<Avx512, 1>, add_slice_unstructured<Avx512, 2>,
      add_slice_unstructured<Avx512, 3>, add_slice_unstructured<Avx512, 4>,
      add_slice_unstructured<Avx512, 5>};
  linear_entries(args, kSlices[vectors_of<Avx512>(args.tokens) - 1]);
}

}  // namespace filigree::kernels
