// kDenseF32 with AVX2: tiles of 6 rows x 16 tokens.
//   weights of a tile  [input][6]        X chunk  [input][T], stays in L1 while all tiles of a
//   block pass
#include <immintrin.h>

#include <cassert>
#include <cstddef>
#include <cstdint>

#include "kernels/internal/kernels_avx2.h"
#include "kernels/internal/linear_avx2.h"
#include "kernels/internal/packed_walk.h"

namespace filigree::kernels {
namespace {

// 6 x 2 vectors: 12 sums + 2 of X + 1 broadcast = 15 of AVX2's 16 registers, and 8 loads for 12
// fma.
constexpr int kRows = static_cast<int>(kDenseTileF32);
constexpr std::size_t kTileVectors = 2;
constexpr int kRowStride = static_cast<int>(kPanelTokens);

// One tile of one chunk.
struct Tile {
  const float* weights;  // [inputs][kDenseTileF32]
  const float* x;        // [inputs][T], at the tile's first lane
  std::size_t inputs;
  float* sums;  // [kDenseTileF32][T], at the tile's first lane; rows past the matrix are harmless
  bool begins;
};

// All loops over the tile have constant bounds: an index that varied would keep `sums` in memory.
template <int W>
void add_tile(const Tile& tile) {
  __m256 sums[kRows][W];
  for (int r = 0; r < kRows; ++r)
    for (int i = 0; i < W; ++i)
      sums[r][i] =
          tile.begins ? _mm256_setzero_ps() : _mm256_load_ps(tile.sums + r * kRowStride + 8 * i);
  const float* x = tile.x;
  const float* weight = tile.weights;
  for (std::size_t k = 0; k < tile.inputs; ++k, x += kPanelTokens, weight += kRows) {
    __m256 input[W];
    for (int i = 0; i < W; ++i) input[i] = _mm256_load_ps(x + 8 * i);
    for (int r = 0; r < kRows; ++r) {
      const __m256 w = _mm256_broadcast_ss(weight + r);
      for (int i = 0; i < W; ++i) sums[r][i] = _mm256_fmadd_ps(w, input[i], sums[r][i]);
    }
  }
  for (int r = 0; r < kRows; ++r)
    for (int i = 0; i < W; ++i) _mm256_store_ps(tile.sums + r * kRowStride + 8 * i, sums[r][i]);
}

void add_tile_row(Tile tile, std::size_t vectors) {
  for (std::size_t v = 0; v < vectors; v += kTileVectors) {
    if (v + 1 < vectors)
      add_tile<kTileVectors>(tile);
    else
      add_tile<1>(tile);
    tile.x += kTileVectors * kAvx2Lanes;
    tile.sums += kTileVectors * kAvx2Lanes;
  }
}

void finish_rows(const LinearF32Args& args, Span rows, const float* sums) {
  for (std::size_t row = rows.begin; row < rows.end; ++row, sums += kPanelTokens)
    for (std::size_t lane = 0; lane < args.tokens; lane += kAvx2Lanes) {
      const __m256 vector[1] = {_mm256_load_ps(sums + lane)};
      finish_row(args, row, lane, vector);
    }
}

void linear_block(const LinearF32Args& args, std::size_t block) {
  const PackedView& weights = args.weights;
  const Span rows = rows_of_block(weights, block);
  const std::size_t vectors = token_vectors(args.tokens);
  alignas(kPanelAlignment) float sums[kMaxBlockRows * kPanelTokens];
  Tile tile{};
  tile.weights = weights.dense_f32 + rows.begin * weights.cols;
  for (std::size_t chunk = 0; chunk < weights.chunks; ++chunk) {
    const Span inputs = inputs_of_chunk(weights, chunk);
    tile.x = args.x + inputs.begin * kPanelTokens;
    tile.inputs = inputs.end - inputs.begin;
    tile.begins = chunk == 0;
    for (std::size_t row = 0; row < rows.end - rows.begin; row += kDenseTileF32) {
      tile.sums = sums + row * kPanelTokens;
      add_tile_row(tile, vectors);
      tile.weights += tile.inputs * kDenseTileF32;
    }
  }
  finish_rows(args, rows, sums);
}

}  // namespace

void dense_f32_avx2(const LinearF32Args& args) noexcept {
  assert(args.weights.format == WeightFormat::kDenseF32);
  check_linear_f32(args);
  for (std::size_t block = args.first_block; block < args.last_block; ++block)
    linear_block(args, block);
}

}  // namespace filigree::kernels
