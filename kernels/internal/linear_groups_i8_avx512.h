// kGroupsI8 of AVX-512 and AVX-512 VNNI, which differ only in how products are added. Arithmetic:
//   add_quad(sums, x, w)   sums += the 4 inputs in each 32-bit lane of x times the 4 weights in
//   each
//                          lane of w, exactly for packed weights
//   kChains<V>             how many rows of V sums are added to in turn
//   kInPairs               whether add_quad_pair(sums, x0, w0, x1, w1) gains over adding two quads
#pragma once

#include <immintrin.h>

#include <cassert>
#include <cstddef>
#include <cstdint>

#include "kernels/internal/linear_checks.h"
#include "kernels/internal/linear_i8_avx512.h"
#include "kernels/internal/packed_walk.h"
#include "kernels/internal/slices_i8_avx512.h"
#include "kernels/linear.h"

namespace filigree::kernels {

// Rows with equally many entries.
struct RowsOfRun {
  const std::uint16_t* ids;
  std::size_t rows;
  std::size_t pairs;    // of each row
  std::size_t singles;  // of each row
  const std::int32_t* groups;
  const std::uint16_t* offsets;
};

// Adds the products of `count` groups and moves past them. A chain of additions takes the latency
// of the arithmetic for each group: there are enough of them that it does not wait.
template <class Arithmetic, int V>
[[gnu::always_inline]] static inline void add_singles(__m512i (&sums)[V], const std::uint8_t* x,
                                                      std::size_t count, const std::int32_t*& group,
                                                      const std::uint16_t*& offset) {
  constexpr int kChains = Arithmetic::template kChains<V>;
  const auto add = [&](__m512i(&to)[V], int i) {
    const __m512i* quads = vectors_at(x + offset[i]);
    const __m512i weights = _mm512_set1_epi32(group[i]);
    for (int v = 0; v < V; ++v)
      to[v] = Arithmetic::add_quad(to[v], _mm512_load_si512(quads + v), weights);
  };
  __m512i more[kChains][V];
  for (int chain = 1; chain < kChains; ++chain)
    for (int v = 0; v < V; ++v) more[chain][v] = _mm512_setzero_si512();
  const std::int32_t* const end = group + count;
  for (const std::int32_t* stop = group + count / kChains * kChains; group != stop;
       group += kChains, offset += kChains) {
    add(sums, 0);
    for (int chain = 1; chain < kChains; ++chain) add(more[chain], chain);
  }
  for (int chain = 1; chain < kChains; ++chain)
    for (int v = 0; v < V; ++v) sums[v] = _mm512_add_epi32(sums[v], more[chain][v]);
  for (; group != end; ++group, ++offset) add(sums, 0);
}

template <class Arithmetic, int V>
[[gnu::always_inline]] static inline void add_pairs(__m512i (&sums)[V], const std::uint8_t* x,
                                                    std::size_t count, const std::int32_t*& group,
                                                    const std::uint16_t*& offset) {
  for (const std::int32_t* end = group + 2 * count; group != end; group += 2, offset += 2) {
    const __m512i* quads0 = vectors_at(x + offset[0]);
    const __m512i* quads1 = vectors_at(x + offset[1]);
    const __m512i weights0 = _mm512_set1_epi32(group[0]);
    const __m512i weights1 = _mm512_set1_epi32(group[1]);
    for (int i = 0; i < V; ++i)
      sums[i] = Arithmetic::add_quad_pair(sums[i], _mm512_load_si512(quads0 + i), weights0,
                                          _mm512_load_si512(quads1 + i), weights1);
  }
}

template <class Arithmetic, int V, SliceRole kRole>
[[gnu::noinline]] static void add_run(const FinishI8& finish, std::size_t first_row,
                                      const std::uint8_t* x, RowsOfRun run) {
  const std::int32_t* group = run.groups;
  const std::uint16_t* offset = run.offsets;
  for (const std::uint16_t* id = run.ids; id != run.ids + run.rows; ++id) {
    __m512i sums[V];
    begin_row_i8<V, kRole>(finish.args, first_row, id, sums);
    if constexpr (Arithmetic::kInPairs) add_pairs<Arithmetic>(sums, x, run.pairs, group, offset);
    add_singles<Arithmetic>(sums, x, run.singles, group, offset);
    end_row_i8<V, kRole>(finish, first_row, *id, sums);
  }
}

template <class Arithmetic, int V, SliceRole kRole>
static void add_slice(const FinishI8& finish, std::size_t block, std::size_t chunk) {
  const PackedView& weights = finish.args.weights;
  const SliceRuns slice = slice_runs(weights, block, chunk);
  const std::uint8_t* x = finish.args.x + chunk * weights.chunk_cols * kPanelTokens;
  RowsOfRun rows{.ids = slice.row_ids,
                 .rows = 0,
                 .pairs = 0,
                 .singles = 0,
                 .groups = weights.entries.groups + slice.entry,
                 .offsets = weights.entries.offsets + slice.entry};
  for (const Run* run = slice.first; run != slice.last;) {
    const std::size_t entries = run->entries;
    const std::size_t pairs = Arithmetic::kInPairs ? run->pairs : 0;
    // Runs that differ only in what this arithmetic does not look at are one.
    rows.rows = 0;
    do {
      rows.rows += run->rows;
      ++run;
    } while (run != slice.last && run->entries == entries &&
             (!Arithmetic::kInPairs || run->pairs == pairs));
    rows.pairs = pairs;
    rows.singles = entries - 2 * pairs;
    add_run<Arithmetic, V, kRole>(finish, block * weights.block_rows, x, rows);
    rows.ids += rows.rows;
    rows.groups += rows.rows * entries;
    rows.offsets += rows.rows * entries;
  }
}

// kGroupsI8: a group of 4 weights is one 32-bit broadcast times the token vectors of its quad.
template <class Arithmetic, int V>
static void groups_blocks(const LinearI8Args& args) {
  const FinishI8 finish = finish_i8(args);
  for_each_slice_i8(finish, [&]<SliceRole kRole>(std::size_t block, std::size_t chunk) {
    add_slice<Arithmetic, V, kRole>(finish, block, chunk);
  });
}

template <class Arithmetic>
static inline void groups_i8(const LinearI8Args& args) {
  assert(args.weights.format == WeightFormat::kGroupsI8);
  check_linear_i8(args);
  switch (token_vectors_avx512(args.tokens)) {
    case 1:
      return groups_blocks<Arithmetic, 1>(args);
    case 2:
      return groups_blocks<Arithmetic, 2>(args);
    case 3:
      return groups_blocks<Arithmetic, 3>(args);
    case 4:
      return groups_blocks<Arithmetic, 4>(args);
    default:
      return groups_blocks<Arithmetic, 5>(args);
  }
}

}  // namespace filigree::kernels
