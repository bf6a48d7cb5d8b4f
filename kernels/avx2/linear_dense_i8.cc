// kDenseI8 with AVX2: tiles of 4 rows x 16 tokens, then the entries that no tile holds exactly.
//   weights of a tile  [quad][4 rows][4]        X chunk  [quad][T][4], stays in L1 while all tiles
//   of a block pass
// Sums of a row block lie in args.scratch as [row][T] int32 until all chunks are added.
#include <immintrin.h>

#include <cassert>
#include <cstddef>
#include <cstdint>

#include "kernels/internal/kernels_avx2.h"
#include "kernels/internal/linear_avx2.h"
#include "kernels/internal/packed_walk.h"

namespace filigree::kernels {
namespace {

// 4 x 2 vectors: 8 sums + 2 of X + 1 broadcast + ones + products in flight.
constexpr int kRows = static_cast<int>(kDenseTileI8);
constexpr std::size_t kTileVectors = 2;
constexpr std::size_t kQuadBytes = 4 * kPanelTokens;

struct Tile {
  const std::int8_t* weights;  // [quads][kDenseTileI8][4]
  const std::uint8_t* x;       // [quads][T][4], at the tile's first lane
  std::size_t quads;
  std::int32_t*
      sums;  // [kDenseTileI8][T], at the tile's first lane; rows past the matrix are harmless
  bool begins;
};

template <int W>
void add_tile(const Tile& tile) {
  __m256i sums[kRows][W];
  for (int r = 0; r < kRows; ++r)
    for (int i = 0; i < W; ++i)
      sums[r][i] = tile.begins ? _mm256_setzero_si256()
                               : _mm256_load_si256(vectors_at(tile.sums + r * kPanelTokens) + i);
  const std::uint8_t* x = tile.x;
  const __m128i* weights = reinterpret_cast<const __m128i*>(tile.weights);
  for (std::size_t q = 0; q < tile.quads; ++q, x += kQuadBytes, ++weights) {
    __m256i input[W];
    for (int i = 0; i < W; ++i) input[i] = _mm256_load_si256(vectors_at(x) + i);
    const std::int32_t* words = reinterpret_cast<const std::int32_t*>(weights);
    for (int r = 0; r < kRows; ++r) {
      const __m256i w = _mm256_set1_epi32(words[r]);
      for (int i = 0; i < W; ++i) sums[r][i] = add_quad(sums[r][i], input[i], w);
    }
  }
  for (int r = 0; r < kRows; ++r)
    for (int i = 0; i < W; ++i)
      _mm256_store_si256(vectors_at(tile.sums + r * kPanelTokens) + i, sums[r][i]);
}

void add_tile_row(Tile tile, std::size_t vectors) {
  for (std::size_t v = 0; v < vectors; v += kTileVectors) {
    if (v + 1 < vectors)
      add_tile<kTileVectors>(tile);
    else
      add_tile<1>(tile);
    tile.x += kTileVectors * 4 * kAvx2Lanes;
    tile.sums += kTileVectors * kAvx2Lanes;
  }
}

void linear_block(const LinearI8Args& args, std::size_t block) {
  const PackedView& weights = args.weights;
  const Span rows = rows_of_block(weights, block);
  const std::size_t vectors = token_vectors(args.tokens);
  Tile tile{};
  tile.weights = weights.dense_i8 + rows.begin * ((weights.cols + 3) / 4 * 4);
  for (std::size_t chunk = 0; chunk < weights.chunks; ++chunk) {
    const Span inputs = inputs_of_chunk(weights, chunk);
    tile.x = args.x + inputs.begin * kPanelTokens;
    tile.quads = (inputs.end - inputs.begin + 3) / 4;
    tile.begins = chunk == 0;
    for (std::size_t row = 0; row < rows.end - rows.begin; row += kDenseTileI8) {
      tile.sums = args.scratch + row * kPanelTokens;
      add_tile_row(tile, vectors);
      tile.weights += tile.quads * 4 * kDenseTileI8;
    }
    add_groups_avx2(args, block, chunk, SliceSums::kAdd);
  }
  finish_block_i8_avx2(args, block);
}

}  // namespace

void dense_i8_avx2(const LinearI8Args& args) noexcept {
  assert(args.weights.format == WeightFormat::kDenseI8);
  check_linear_i8(args);
  for (std::size_t block = args.first_block; block < args.last_block; ++block)
    linear_block(args, block);
}

}  // namespace filigree::kernels
