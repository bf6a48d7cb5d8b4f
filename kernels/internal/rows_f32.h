// What kUnstructuredF32 and kBlock1x4F32 share: rows of entries of four weights that advance in
// lock step. An Entry knows how many offsets it has and adds itself to sums.
//
// What bounds both is the number of memory operations, whatever their width (Zen 3: two a cycle,
// those of integers, prefetches and stores included): four weights are one load and four shuffles,
// four offsets one load and shifts.
#pragma once

#include "kernels/internal/entries_f32.h"

namespace filigree::kernels {
namespace {

constexpr std::size_t kValuesOfEntry = 4;

// As kPrefetchValues. With few vectors the streams are passed faster (BERT-base, 90 % zeros,
// AVX-512, 16 tokens: 7 % faster than 256 ahead if other models run between, 3 % if not).
template <int W>
constexpr std::size_t kPrefetchInSteps = W == 1   ? 1024
                                         : W == 2 ? 512
                                                  : kPrefetchValues;

template <int W>
inline void prefetch_streams(const SliceF32& slice, const RunF32& run, std::size_t values,
                             std::size_t offsets) {
  if (!slice.fetches_entries) return;
  constexpr std::size_t kLineBytes = 64;
  for (std::size_t i = 0; i < values; i += kLineBytes / sizeof *run.values)
    __builtin_prefetch(run.values + kPrefetchInSteps<W> + i, 0, 3);
  for (std::size_t i = 0; i < offsets; i += kLineBytes / sizeof *run.offsets)
    __builtin_prefetch(run.offsets + kPrefetchInSteps<W> + i, 0, 3);
}

// Rows [ids, last_id), N in lock step, of which each has as many entries. A function of its own,
// with nothing but what it needs, or its loop would go through the stack.
template <class V, int W, std::size_t N, class Entry, bool kEnds>
[[gnu::noinline]] void add_steps(const SliceF32& slice, const std::uint16_t* ids,
                                 const std::uint16_t* last_id, std::size_t entries,
                                 const float* values, const std::uint16_t* offsets) {
  const float* const x = slice.x;
  float* const sums = slice.sums;
  const bool begins = slice.begins;
  constexpr std::size_t kAhead = N > kPrefetchRows ? N : kPrefetchRows;
  static_assert(kAhead <= kRowIdPadding);
  for (; ids != last_id; ids += N) {
    typename V::Float added[N][W];
    float* row_sums[N];
#pragma GCC unroll 16
    for (std::size_t r = 0; r < N; ++r) {
      if constexpr (W > 2) prefetch_sums<V, W>(sums + ids[kAhead + r] * kPanelTokens);
      row_sums[r] = sums + ids[r] * kPanelTokens;
    }
#pragma GCC unroll 16
    for (std::size_t r = 0; r < N; ++r) begin_sums<V, W>(begins, row_sums[r], added[r]);
    for (std::size_t e = 0; e < entries; ++e)
#pragma GCC unroll 16
      for (std::size_t r = 0; r < N; ++r) {
        const std::size_t at = r * entries + e;
        Entry::template add<V, W>(values + at * kValuesOfEntry, x, offsets + at * Entry::kOffsets,
                                  added[r]);
      }
#pragma GCC unroll 16
    for (std::size_t r = 0; r < N; ++r)
      if constexpr (kEnds)
        finish_row<V, W>(slice.args, slice.first_row + ids[r], slice.first_lane, added[r]);
      else
        store_sums<V, W>(row_sums[r], added[r]);
    values += N * entries * kValuesOfEntry;
    offsets += N * entries * Entry::kOffsets;
  }
}

// Some steps at once, before which what they and those after them need is fetched.
constexpr std::size_t kStepsTogether = 8;

// A run, N rows in lock step and what is left row by row.
template <class V, int W, class Entry, bool kEnds>
void add_run_of_rows(const SliceF32& slice, RunF32 run) {
  const std::size_t entries = run.entries / Entry::kOffsets;
  const auto add = [&]<std::size_t N>() {
    while (run.rows >= N) {
      const std::size_t rows =
          run.rows / N < kStepsTogether ? run.rows / N * N : kStepsTogether * N;
      const std::size_t added = rows * entries;
      prefetch_streams<W>(slice, run, added * kValuesOfEntry, added * Entry::kOffsets);
      prefetch_next_inputs<V, W>(slice, run.ids, rows);
      add_steps<V, W, N, Entry, kEnds>(slice, run.ids, run.ids + rows, entries, run.values,
                                       run.offsets);
      run.ids += rows;
      run.rows -= rows;
      run.values += added * kValuesOfEntry;
      run.offsets += added * Entry::kOffsets;
    }
  };
  add.template operator()<V::template kRowSteps<W>>();
  if constexpr (V::template kRowSteps < W >> 1) add.template operator()<1>();
}

template <class V, int W, class Entry>
void add_run_of_rows(const SliceF32& slice, const RunF32& run) {
  if (slice.ends)
    add_run_of_rows<V, W, Entry, true>(slice, run);
  else
    add_run_of_rows<V, W, Entry, false>(slice, run);
}

}  // namespace
}  // namespace filigree::kernels
