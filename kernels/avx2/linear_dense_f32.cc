// kDenseF32 with AVX2: kernels/internal/dense_f32.h.
#include <immintrin.h>

#include <cassert>
#include <cstddef>
#include <cstdint>

#include "kernels/internal/dense_f32.h"
#include "kernels/internal/kernels_avx2.h"
#include "kernels/internal/vectors_avx2.h"

namespace filigree::kernels {
namespace {

// 6 x 2 vectors: 12 sums + 2 of X + 1 broadcast = 15 of 16 registers, and 8 loads for 12 fma.
constexpr int kTileVectors = 2;

template <int kVectors>
constexpr AddTileRowF32* kRow = add_tile_row<Avx2, kTileVectors, kVectors>;

}  // namespace

void dense_f32_avx2(const LinearF32Args& args) noexcept {
  assert(args.weights.format == WeightFormat::kDenseF32);
  check_linear_f32(args);
  static constexpr AddTileRowF32* kRows[kPanelVectors<Avx2>] = {
      kRow<1>, kRow<2>, kRow<3>, kRow<4>, kRow<5>, kRow<6>, kRow<7>, kRow<8>, kRow<9>, kRow<10>};
  linear_dense(args, kRows[vectors_of<Avx2>(args.tokens) - 1]);
}

}  // namespace filigree::kernels
