// kBlock1x4F32 and kBlock4x1F32 with AVX2: kernels/internal/block_1x4_f32.h and block_4x1_f32.h
// with up to 10 vectors of 8 tokens. 4 x 3 vectors: 12 sums + 3 of X + 1 broadcast = 16 registers.
#include <immintrin.h>

#include <cassert>
#include <cstddef>
#include <cstdint>

#include "kernels/internal/block_1x4_f32.h"
#include "kernels/internal/block_4x1_f32.h"
#include "kernels/internal/kernels_avx2.h"
#include "kernels/internal/passes_avx2.h"
#include "kernels/internal/vectors_avx2.h"

namespace filigree::kernels {

void block_1x4_f32_avx2(const LinearF32Args& args) noexcept {
  assert(args.weights.format == WeightFormat::kBlock1x4F32);
  check_linear_f32(args);
  static constexpr AddSliceF32* kSlices[kMostPassVectors] = {
      add_slice_1x4<Avx2, 1>, add_slice_1x4<Avx2, 2>, add_slice_1x4<Avx2, 3>,
      add_slice_1x4<Avx2, 4>, add_slice_1x4<Avx2, 5>, add_slice_1x4<Avx2, 6>};
  linear_in_passes(args, kSlices);
}

void block_4x1_f32_avx2(const LinearF32Args& args) noexcept {
  assert(args.weights.format == WeightFormat::kBlock4x1F32);
  check_linear_f32(args);
  constexpr int kMost = 3;
  static constexpr AddSliceF32* kSlices[kPanelVectors<Avx2>] = {
      add_slice_4x1<Avx2, 1, kMost>, add_slice_4x1<Avx2, 2, kMost>, add_slice_4x1<Avx2, 3, kMost>,
      add_slice_4x1<Avx2, 4, kMost>, add_slice_4x1<Avx2, 5, kMost>, add_slice_4x1<Avx2, 6, kMost>,
      add_slice_4x1<Avx2, 7, kMost>, add_slice_4x1<Avx2, 8, kMost>, add_slice_4x1<Avx2, 9, kMost>,
      add_slice_4x1<Avx2, 10, kMost>};
  linear_entries(args, kSlices[vectors_of<Avx2>(args.tokens) - 1]);
}

}  // namespace filigree::kernels
