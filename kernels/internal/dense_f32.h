// kDenseF32 for any vector type V: tiles of 6 rows x kTileVectors vectors of tokens.
//   weights of a tile  [input][6]        X chunk  [input][T], stays in L1 while all tiles of a
//   block pass
// The last chunk finishes the sums while they are in registers.
#pragma once

#include "kernels/internal/linear_f32.h"

namespace filigree::kernels {
namespace {

// A tile of one chunk, all lanes.
struct TileF32 {
  const float* weights;  // [inputs][kDenseTileF32]
  const float* x;        // [inputs][T]
  std::size_t inputs;
  float* sums;  // [kDenseTileF32][T]; rows past the matrix are harmless
  bool begins;
  bool ends;
  Span rows;  // of the matrix; fewer than kDenseTileF32 at its end
};

// Weights are fetched this far ahead: those of a whole model come from L3 or memory, and take half
// the time so. With many tokens into L2, as there is time to get them from there, and L1 is full of
// X.
constexpr std::size_t kPrefetchDense = 1024;
template <int W>
constexpr int kPrefetchLocality = W > 2 ? 2 : 3;

// W vectors from `lane` on. The first pass over a tile fetches weights.
// All loops over the tile have constant bounds: an index that varied would keep `sums` in memory.
template <class V, int W, bool kFetches>
void add_tile(const LinearF32Args& args, const TileF32& tile, std::size_t lane) {
  constexpr int kRows = static_cast<int>(kDenseTileF32);
  constexpr int kStride = static_cast<int>(kPanelTokens);
  float* const kept = tile.sums + lane;
  typename V::Float sums[kRows][W];
#pragma GCC unroll 16
  for (int r = 0; r < kRows; ++r)
#pragma GCC unroll 16
    for (int i = 0; i < W; ++i)
      sums[r][i] = tile.begins ? V::zero() : V::load(kept + r * kStride + V::kLanes * i);
  const float* x = tile.x + lane;
  const float* weight = tile.weights;
  for (std::size_t k = 0; k < tile.inputs; ++k, x += kStride, weight += kRows) {
    if constexpr (kFetches) __builtin_prefetch(weight + kPrefetchDense, 0, kPrefetchLocality<W>);
    typename V::Float input[W];
#pragma GCC unroll 16
    for (int i = 0; i < W; ++i) input[i] = V::load(x + V::kLanes * i);
#pragma GCC unroll 16
    for (int r = 0; r < kRows; ++r) {
      const auto w = V::broadcast(weight + r);
#pragma GCC unroll 16
      for (int i = 0; i < W; ++i) sums[r][i] = V::fma(w, input[i], sums[r][i]);
    }
  }
  if (tile.ends) {
#pragma GCC unroll 16
    for (int r = 0; r < kRows; ++r) {
      const std::size_t row = tile.rows.begin + static_cast<std::size_t>(r);
      if (row < tile.rows.end) finish_row<V, W>(args, row, lane, sums[r]);
    }
    return;
  }
#pragma GCC unroll 16
  for (int r = 0; r < kRows; ++r)
#pragma GCC unroll 16
    for (int i = 0; i < W; ++i) V::store(kept + r * kStride + V::kLanes * i, sums[r][i]);
}

// kVectors vectors of a panel from the kFirst-th on, kTileVectors at a time. The tile is not copied
// to be changed: a copy reads with one load what the caller has just written in pieces, and waits
// until all stores before it are done, 5 to 10 % of the time of a layer.
template <class V, int kTileVectors, int kVectors, int kFirst = 0>
void add_tile_row(const LinearF32Args& args, const TileF32& tile) {
  constexpr int kWidth = kVectors < kTileVectors ? kVectors : kTileVectors;
  add_tile<V, kWidth, kFirst == 0>(args, tile, kFirst * V::kLanes);
  if constexpr (kVectors > kWidth)
    add_tile_row<V, kTileVectors, kVectors - kWidth, kFirst + kWidth>(args, tile);
}

using AddTileRowF32 = void(const LinearF32Args& args, const TileF32& tile);

// Row blocks [first, last), chunk by chunk; `sums` of all their rows.
void add_dense_blocks(const LinearF32Args& args, std::size_t first, std::size_t last, float* sums,
                      AddTileRowF32* add_row) {
  const PackedView& weights = args.weights;
  const std::size_t first_row = rows_of_block(weights, first).begin;
  for (std::size_t chunk = 0; chunk < weights.chunks; ++chunk) {
    const Span inputs = inputs_of_chunk(weights, chunk);
    TileF32 tile{};
    tile.x = args.x + inputs.begin * kPanelTokens;
    tile.inputs = inputs.end - inputs.begin;
    tile.begins = chunk == 0;
    tile.ends = chunk + 1 == weights.chunks;
    for (std::size_t block = first; block < last; ++block) {
      const Span rows = rows_of_block(weights, block);
      const std::size_t tiles = (rows.end - rows.begin + kDenseTileF32 - 1) / kDenseTileF32;
      tile.weights =
          weights.dense_f32 + rows.begin * weights.cols + tiles * kDenseTileF32 * inputs.begin;
      for (std::size_t row = rows.begin; row < rows.end; row += kDenseTileF32) {
        tile.sums = sums + (row - first_row) * kPanelTokens;
        tile.rows = {row, row + kDenseTileF32 < rows.end ? row + kDenseTileF32 : rows.end};
        add_row(args, tile);
        tile.weights += tile.inputs * kDenseTileF32;
      }
    }
  }
}

void linear_dense(const LinearF32Args& args, AddTileRowF32* add_row) {
  alignas(kPanelAlignment) float sums[kMaxBlockRows * kPanelTokens];
  const std::size_t together =
      args.weights.cols > kInputsInL2 ? kMaxBlockRows / args.weights.block_rows : 1;
  for (std::size_t block = args.first_block; block < args.last_block; block += together) {
    const std::size_t end = block + together;
    add_dense_blocks(args, block, end < args.last_block ? end : args.last_block, sums, add_row);
  }
}

}  // namespace
}  // namespace filigree::kernels
