// kDenseF32 for any vector type V: tiles of 6 rows x kTileVectors vectors of tokens.
//   weights of a tile  [input][6]        X chunk  [input][T], stays in L1 while all tiles of a
//   block pass
#pragma once

#include "kernels/internal/linear_f32.h"

namespace filigree::kernels {
namespace {

// One tile of one chunk.
struct TileF32 {
  const float* weights;  // [inputs][kDenseTileF32]
  const float* x;        // [inputs][T], at the tile's first lane
  std::size_t inputs;
  float* sums;  // [kDenseTileF32][T], at the tile's first lane; rows past the matrix are harmless
  bool begins;
};

// All loops over the tile have constant bounds: an index that varied would keep `sums` in memory.
template <class V, int W>
void add_tile(const TileF32& tile) {
  constexpr int kRows = static_cast<int>(kDenseTileF32);
  constexpr int kStride = static_cast<int>(kPanelTokens);
  typename V::Float sums[kRows][W];
#pragma GCC unroll 16
  for (int r = 0; r < kRows; ++r)
#pragma GCC unroll 16
    for (int i = 0; i < W; ++i)
      sums[r][i] = tile.begins ? V::zero() : V::load(tile.sums + r * kStride + V::kLanes * i);
  const float* x = tile.x;
  const float* weight = tile.weights;
  for (std::size_t k = 0; k < tile.inputs; ++k, x += kStride, weight += kRows) {
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
#pragma GCC unroll 16
  for (int r = 0; r < kRows; ++r)
#pragma GCC unroll 16
    for (int i = 0; i < W; ++i) V::store(tile.sums + r * kStride + V::kLanes * i, sums[r][i]);
}

// The first kVectors vectors of a panel, kTileVectors at a time.
template <class V, int kTileVectors, int kVectors>
void add_tile_row(TileF32 tile) {
  constexpr int kWidth = kVectors < kTileVectors ? kVectors : kTileVectors;
  add_tile<V, kWidth>(tile);
  if constexpr (kVectors > kWidth) {
    tile.x += kWidth * V::kLanes;
    tile.sums += kWidth * V::kLanes;
    add_tile_row<V, kTileVectors, kVectors - kWidth>(tile);
  }
}

template <class V>
void finish_rows(const LinearF32Args& args, Span rows, const float* sums) {
  for (std::size_t row = rows.begin; row < rows.end; ++row, sums += kPanelTokens)
    for (std::size_t lane = 0; lane < args.tokens; lane += V::kLanes) {
      const typename V::Float vector[1] = {V::load(sums + lane)};
      finish_row<V, 1>(args, row, lane, vector);
    }
}

using AddTileRowF32 = void(TileF32 tile);

template <class V>
void linear_dense(const LinearF32Args& args, AddTileRowF32* add_row) {
  alignas(kPanelAlignment) float sums[kMaxBlockRows * kPanelTokens];
  const PackedView& weights = args.weights;
  for (std::size_t block = args.first_block; block < args.last_block; ++block) {
    const Span rows = rows_of_block(weights, block);
    TileF32 tile{};
    tile.weights = weights.dense_f32 + rows.begin * weights.cols;
    for (std::size_t chunk = 0; chunk < weights.chunks; ++chunk) {
      const Span inputs = inputs_of_chunk(weights, chunk);
      tile.x = args.x + inputs.begin * kPanelTokens;
      tile.inputs = inputs.end - inputs.begin;
      tile.begins = chunk == 0;
      for (std::size_t row = 0; row < rows.end - rows.begin; row += kDenseTileF32) {
        tile.sums = sums + row * kPanelTokens;
        add_row(tile);
        tile.weights += tile.inputs * kDenseTileF32;
      }
    }
    finish_rows<V>(args, rows, sums);
  }
}

}  // namespace
}  // namespace filigree::kernels
