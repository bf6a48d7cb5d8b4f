// kDenseF32 with AVX2: tiles of 6 rows x 16 tokens.
//   weights of a tile  [input][6]        X chunk  [input][T], stays in L1 while all tiles of a
//   block pass
#include <immintrin.h>

#include <cassert>
#include <cstddef>
#include <cstdint>

#include "kernels/internal/kernels_avx2.h"
#include "kernels/internal/linear_avx2.h"

namespace filigree::kernels {
namespace {

// 6 x 2 vectors: 12 sums + 2 of X + 1 broadcast = 15 of AVX2's 16 registers, and 8 loads for 12
// fma.
constexpr int kRows = static_cast<int>(kDenseTileF32);
constexpr std::size_t kTileVectors = 2;
constexpr int kRowStride = static_cast<int>(kPanelTokens);

// One tile of one chunk: where it lies in the matrix and what is left of the sums.
struct Tile {
  const float* weights;  // [inputs][kDenseTileF32]
  const float* x;        // [inputs][T], at the tile's first lane
  std::size_t inputs;
  std::size_t first_row;
  std::size_t rows;  // that exist, 1..kDenseTileF32
  std::size_t first_lane;
  float* sums;  // [kDenseTileF32][T], at the tile's first lane, from chunk to chunk
  bool begins;
  bool ends;
};

template <int W>
void add_tile(const LinearF32Args& args, const Tile& tile) {
  const int rows = static_cast<int>(tile.rows);
  // Loops over the tile have constant bounds: an index that varies would keep `sums` in memory.
  __m256 sums[kRows][W];
  for (int r = 0; r < kRows; ++r)
    for (int i = 0; i < W; ++i)
      sums[r][i] = tile.begins || r >= rows ? _mm256_setzero_ps()
                                            : _mm256_load_ps(tile.sums + r * kRowStride + 8 * i);
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
  for (int r = 0; r < kRows; ++r) {
    if (r >= rows) continue;
    if (tile.ends)
      finish_row(args, tile.first_row + static_cast<std::size_t>(r), tile.first_lane, sums[r]);
    else
      for (int i = 0; i < W; ++i) _mm256_store_ps(tile.sums + r * kRowStride + 8 * i, sums[r][i]);
  }
}

void add_tile_row(const LinearF32Args& args, Tile tile) {
  const std::size_t vectors = token_vectors(args.tokens);
  const float* x = tile.x;
  float* sums = tile.sums;
  for (std::size_t v = 0; v < vectors; v += kTileVectors) {
    tile.first_lane = v * kAvx2Lanes;
    tile.x = x + tile.first_lane;
    tile.sums = sums + tile.first_lane;
    if (v + 1 < vectors)
      add_tile<kTileVectors>(args, tile);
    else
      add_tile<1>(args, tile);
  }
}

void linear_block(const LinearF32Args& args, std::size_t block) {
  const PackedView& weights = args.weights;
  const std::size_t begin = block * weights.block_rows;
  const std::size_t left = weights.rows - begin;
  const std::size_t rows = left < weights.block_rows ? left : weights.block_rows;
  alignas(kPanelAlignment) float sums[kMaxBlockRows * kPanelTokens];
  const float* next = weights.dense_f32 + begin * weights.cols;
  for (std::size_t chunk = 0; chunk < weights.chunks; ++chunk) {
    const std::size_t first_col = chunk * weights.chunk_cols;
    const std::size_t cols_left = weights.cols - first_col;
    Tile tile{};
    tile.x = args.x + first_col * kPanelTokens;
    tile.inputs = cols_left < weights.chunk_cols ? cols_left : weights.chunk_cols;
    tile.begins = chunk == 0;
    tile.ends = chunk + 1 == weights.chunks;
    for (std::size_t row = 0; row < rows; row += kDenseTileF32) {
      tile.weights = next;
      tile.first_row = begin + row;
      tile.sums = sums + row * kPanelTokens;
      tile.rows = rows - row < kDenseTileF32 ? rows - row : kDenseTileF32;
      add_tile_row(args, tile);
      next += tile.inputs * kDenseTileF32;
    }
  }
}

}  // namespace

void dense_f32_avx2(const LinearF32Args& args) noexcept {
  assert(args.weights.format == WeightFormat::kDenseF32);
  check_linear_f32(args);
  for (std::size_t block = args.first_block; block < args.last_block; ++block)
    linear_block(args, block);
}

}  // namespace filigree::kernels
