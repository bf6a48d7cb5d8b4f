// kDenseF32 with AVX-512: kernels/internal/dense_f32.h.
#include <immintrin.h>

#include <cassert>
#include <cstddef>
#include <cstdint>

#include "kernels/internal/dense_f32.h"
#include "kernels/internal/kernels_avx512.h"
#include "kernels/internal/vectors_avx512.h"

namespace filigree::kernels {
namespace {

// 6 x 4 vectors: 24 sums + 4 of X + 1 broadcast = 29 of 32 registers, and 10 loads for 24 fma.
constexpr int kTileVectors = 4;

template <int kVectors>
constexpr AddTileRowF32* kRow = add_tile_row<Avx512, kTileVectors, kVectors>;

}  // namespace

void dense_f32_avx512(const LinearF32Args& args) noexcept {
  assert(args.weights.format == WeightFormat::kDenseF32);
  check_linear_f32(args);
  static constexpr AddTileRowF32* kRows[kPanelVectors<Avx512>] = {kRow<1>, kRow<2>, kRow<3>,
                                                                  kRow<4>, kRow<5>};
  linear_dense(args, kRows[vectors_of<Avx512>(args.tokens) - 1]);
}

}  // namespace filigree::kernels
