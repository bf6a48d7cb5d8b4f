// kBlock1x4F32 and kBlock4x1F32 with AVX-512: kernels/internal/block_1x4_f32.h and block_4x1_f32.h
// with up to 5 vectors of 16 tokens. 4 x 5 vectors: 20 sums + 5 of X + 1 broadcast of 32 registers.
#include <immintrin.h>

#include <cassert>
#include <cstddef>
#include <cstdint>

#include "kernels/internal/block_1x4_f32.h"
#include "kernels/internal/block_4x1_f32.h"
#include "kernels/internal/kernels_avx512.h"
#include "kernels/internal/vectors_avx512.h"

namespace filigree::kernels {

void block_1x4_f32_avx512(const LinearF32Args& args) noexcept {
  assert(args.weights.format == WeightFormat::kBlock1x4F32);
  check_linear_f32(args);
  static constexpr AddSliceF32* kSlices[kPanelVectors<Avx512>] = {
      add_slice_1x4<Avx512, 1>, add_slice_1x4<Avx512, 2>, add_slice_1x4<Avx512, 3>,
      add_slice_1x4<Avx512, 4>, add_slice_1x4<Avx512, 5>};
  linear_entries(args, kSlices[vectors_of<Avx512>(args.tokens) - 1]);
}

void block_4x1_f32_avx512(const LinearF32Args& args) noexcept {
  assert(args.weights.format == WeightFormat::kBlock4x1F32);
  check_linear_f32(args);
  constexpr int kMost = 5;
  static constexpr AddSliceF32* kSlices[kPanelVectors<Avx512>] = {
      add_slice_4x1<Avx512, 1, kMost>, add_slice_4x1<Avx512, 2, kMost>,
      add_slice_4x1<Avx512, 3, kMost>, add_slice_4x1<Avx512, 4, kMost>,
      add_slice_4x1<Avx512, 5, kMost>};
  linear_entries(args, kSlices[vectors_of<Avx512>(args.tokens) - 1]);
}

}  // namespace filigree::kernels
