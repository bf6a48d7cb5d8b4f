// kDenseI8 of AVX-512 and AVX-512 VNNI (Arithmetic: kernels/internal/linear_groups_i8_avx512.h):
// tiles of 4 rows x all tokens, then the entries that no tile holds exactly.
//   weights of a tile  [quad][4 rows][4]        X chunk  [quad][T][4], stays in L1 while all tiles
//   of a block pass
// Sums of a row block lie in args.scratch as [row][T] int32 until all chunks are added.
#pragma once

#include <immintrin.h>

#include <cassert>
#include <cstddef>
#include <cstdint>

#include "kernels/internal/linear_checks.h"
#include "kernels/internal/linear_groups_i8_avx512.h"
#include "kernels/internal/linear_i8_avx512.h"
#include "kernels/internal/packed_walk.h"
#include "kernels/linear.h"

namespace filigree::kernels {

// Weights are fetched this many bytes ahead: those of a whole model come from L3 or memory, and
// take half the time so, as in kernels/internal/dense_f32.h. 1024 loses 8 % with 16 tokens, 4096
// nothing.
constexpr std::size_t kPrefetchDenseI8 = 2048;

struct TileI8 {
  const std::int8_t* weights;  // [quads][kDenseTileI8][4]
  const std::uint8_t* x;       // [quads][T][4]
  std::size_t quads;
  std::int32_t* sums;  // [kDenseTileI8][T]; rows past the matrix are harmless
  bool begins;
};

// 4 x 5 vectors: 20 sums + 5 of X + weights = 29 of 32 registers, and 9 loads for 20 additions.
template <class Arithmetic, int V>
static void add_tile(const TileI8& tile) {
  constexpr int kRows = static_cast<int>(kDenseTileI8);
  constexpr std::size_t kQuadBytes = 4 * kPanelTokens;
  __m512i sums[kRows][V];
  for (int r = 0; r < kRows; ++r)
    for (int v = 0; v < V; ++v)
      sums[r][v] = tile.begins ? _mm512_setzero_si512()
                               : _mm512_load_si512(vectors_at(tile.sums + r * kPanelTokens) + v);
  const std::uint8_t* x = tile.x;
  const std::int8_t* weights = tile.weights;
  for (std::size_t q = 0; q < tile.quads; ++q, x += kQuadBytes, weights += 4 * kRows) {
    _mm_prefetch(weights + kPrefetchDenseI8, _MM_HINT_T0);
    __m512i input[V];
    for (int v = 0; v < V; ++v) input[v] = _mm512_load_si512(vectors_at(x) + v);
    const std::int32_t* words = reinterpret_cast<const std::int32_t*>(weights);
    for (int r = 0; r < kRows; ++r) {
      const __m512i w = _mm512_set1_epi32(words[r]);
      for (int v = 0; v < V; ++v) sums[r][v] = Arithmetic::add_quad(sums[r][v], input[v], w);
    }
  }
  for (int r = 0; r < kRows; ++r)
    for (int v = 0; v < V; ++v)
      _mm512_store_si512(vectors_at(tile.sums + r * kPanelTokens) + v, sums[r][v]);
}

template <int V>
static void finish_dense_block(const FinishI8& finish, Span rows) {
  const std::int32_t* block_sums = finish.args.scratch;
  for (std::size_t row = rows.begin; row < rows.end; ++row, block_sums += kPanelTokens) {
    const __m512i offset = _mm512_set1_epi32(finish.args.offset[row]);
    __m512i sums[V];
    for (int v = 0; v < V; ++v)
      sums[v] = _mm512_add_epi32(_mm512_load_si512(vectors_at(block_sums) + v), offset);
    finish_row_i8(finish, row, sums);
  }
}

template <class Arithmetic, int V>
static void dense_block(const FinishI8& finish, std::size_t block) {
  const PackedView& weights = finish.args.weights;
  const Span rows = rows_of_block(weights, block);
  TileI8 tile{};
  tile.weights = weights.dense_i8 + rows.begin * ((weights.cols + 3) / 4 * 4);
  for (std::size_t chunk = 0; chunk < weights.chunks; ++chunk) {
    const Span inputs = inputs_of_chunk(weights, chunk);
    tile.x = finish.args.x + inputs.begin * kPanelTokens;
    tile.quads = (inputs.end - inputs.begin + 3) / 4;
    tile.begins = chunk == 0;
    for (std::size_t row = 0; row < rows.end - rows.begin; row += kDenseTileI8) {
      tile.sums = finish.args.scratch + row * kPanelTokens;
      add_tile<Arithmetic, V>(tile);
      tile.weights += tile.quads * 4 * kDenseTileI8;
    }
    add_slice<Arithmetic, V, kMiddleSlice>(finish, block, chunk);
  }
  finish_dense_block<V>(finish, rows);
  finish_padding_rows_i8(finish, block);
}

template <class Arithmetic, int V>
static void dense_blocks(const LinearI8Args& args) {
  const FinishI8 finish = finish_i8(args);
  for (std::size_t block = args.first_block; block < args.last_block; ++block)
    dense_block<Arithmetic, V>(finish, block);
}

template <class Arithmetic>
static inline void dense_i8(const LinearI8Args& args) {
  assert(args.weights.format == WeightFormat::kDenseI8);
  check_linear_i8(args);
  switch (token_vectors_avx512(args.tokens)) {
    case 1:
      return dense_blocks<Arithmetic, 1>(args);
    case 2:
      return dense_blocks<Arithmetic, 2>(args);
    case 3:
      return dense_blocks<Arithmetic, 3>(args);
    case 4:
      return dense_blocks<Arithmetic, 4>(args);
    default:
      return dense_blocks<Arithmetic, 5>(args);
  }
}

}  // namespace filigree::kernels
