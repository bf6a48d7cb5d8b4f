// kUnstructuredF32 with AVX2: kernels/internal/unstructured_f32.h with up to 10 vectors of 8
// tokens.
//
// Zen 3 starts two loads and two fma per cycle, so at 8 vectors the bound is 8/9 of the fma peak,
// less the sums of a row that are loaded and stored once per chunk.
#include <immintrin.h>

#include <cassert>
#include <cstddef>
#include <cstdint>

#include "kernels/internal/kernels_avx2.h"
#include "kernels/internal/unstructured_f32.h"
#include "kernels/internal/vectors_avx2.h"

namespace filigree::kernels {

void unstructured_f32_avx2(const LinearF32Args& args) noexcept {
  assert(args.weights.format == WeightFormat::kUnstructuredF32);
  check_linear_f32(args);
  static constexpr AddRunF32* kRuns[kPanelVectors<Avx2>] = {
      add_run_unstructured<Avx2, 1>, add_run_unstructured<Avx2, 2>, add_run_unstructured<Avx2, 3>,
      add_run_unstructured<Avx2, 4>, add_run_unstructured<Avx2, 5>, add_run_unstructured<Avx2, 6>,
      add_run_unstructured<Avx2, 7>, add_run_unstructured<Avx2, 8>, add_run_unstructured<Avx2, 9>,
      add_run_unstructured<Avx2, 10>};
  linear_entries(args, kRuns[vectors_of<Avx2>(args.tokens) - 1]);
}

}  // namespace filigree::kernels
