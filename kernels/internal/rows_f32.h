// What kUnstructuredF32 and kBlock1x4F32 share: rows of entries of four weights, of which some
// advance in lock step. An Entry knows how many offsets it has and adds itself to sums.
//
// What bounds both is the number of memory operations, whatever their width (Zen 3: two a cycle,
// those of integers, prefetches and stores included): four weights are one load and four shuffles,
// four offsets one load and shifts.
#pragma once

#include "kernels/internal/entries_f32.h"

namespace filigree::kernels {
namespace {

constexpr std::size_t kValuesOfEntry = 4;

// Rows of a slice lie anywhere in the block: their sums are fetched when a row this many places
// before is added (Zen 3, 90 % zeros, 8 instead of 2: 3072x768 0.94 to 0.97 of the time, 768x768
// the same; 12 and 16 are the same as 8).
constexpr std::size_t kPrefetchRows = 8;
static_assert(kPrefetchRows <= kRowIdPadding);

template <class V, int W>
[[gnu::always_inline]] inline void prefetch_sums(const float* sums) {
  constexpr int kLine = 16;
  for (int i = 0; i < W * V::kLanes; i += kLine) __builtin_prefetch(sums + i, 1, 3);
}

// As kPrefetchValues. With few vectors the streams are passed faster (BERT-base, 90 % zeros,
// AVX-512, 16 tokens: 7 % faster than 256 ahead if other models run between, 3 % if not).
template <int W>
constexpr std::size_t kPrefetchInRows = W == 1   ? 1024
                                        : W == 2 ? 512
                                                 : kPrefetchValues;

// Fetches what follows `values` and `offsets` that are taken next. In small pieces: 32 rows at once
// take 1.03 to 1.07 of the time (Zen 3).
template <int W>
[[gnu::always_inline]] inline void prefetch_streams(const EntriesF32& next, std::size_t values,
                                                    std::size_t offsets) {
  constexpr std::size_t kLineBytes = 64;
  for (std::size_t i = 0; i < values; i += kLineBytes / sizeof *next.values)
    __builtin_prefetch(next.values + kPrefetchInRows<W> + i, 0, 3);
  for (std::size_t i = 0; i < offsets; i += kLineBytes / sizeof *next.offsets)
    __builtin_prefetch(next.offsets + kPrefetchInRows<W> + i, 0, 3);
}

// The next N rows in lock step, of which each has as many entries.
template <class V, int W, std::size_t N, class Entry, bool kEnds>
[[gnu::always_inline]] inline void add_step(const SliceF32& slice, EntriesF32& next,
                                            std::size_t entries) {
  const float* const x = slice.x;
  typename V::Float added[N][W];
  float* row_sums[N];
#pragma GCC unroll 16
  for (std::size_t r = 0; r < N; ++r) {
    if constexpr (W > 2)
      prefetch_sums<V, W>(slice.sums + next.ids[kPrefetchRows + r] * kPanelTokens);
    row_sums[r] = slice.sums + next.ids[r] * kPanelTokens;
  }
#pragma GCC unroll 16
  for (std::size_t r = 0; r < N; ++r) begin_sums<V, W>(slice.begins, row_sums[r], added[r]);
  for (std::size_t e = 0; e < entries; ++e)
#pragma GCC unroll 16
    for (std::size_t r = 0; r < N; ++r) {
      const std::size_t at = r * entries + e;
      Entry::template add<V, W>(next.values + at * kValuesOfEntry, x,
                                next.offsets + at * Entry::kOffsets, added[r]);
    }
#pragma GCC unroll 16
  for (std::size_t r = 0; r < N; ++r)
    if constexpr (kEnds)
      finish_row<V, W>(slice.args, slice.first_row + next.ids[r], slice.first_lane, added[r]);
    else
      store_sums<V, W>(row_sums[r], added[r]);
  next.ids += N;
  next.values += N * entries * kValuesOfEntry;
  next.offsets += N * entries * Entry::kOffsets;
}

// All rows of a slice. One loop for all runs: no branch depends on how many rows are equally long,
// and the innermost loop ends elsewhere than before only where rows have fewer entries than those
// before (eight times in a slice of BERT-base at 90 % zeros).
template <class V, int W, class Entry, bool kEnds, bool kFetchesInputs>
[[gnu::noinline]] void add_rows(const SliceF32& in_memory, EntriesF32 next) {
  const SliceF32 slice = in_memory;  // in registers, what of it is used
  constexpr std::size_t kSteps = V::template kRowSteps<W>;
  static_assert(kRowsTogether % kSteps == 0);
  for (const Run* run = next.first; run != next.last; ++run) {
    const std::size_t entries = run->entries / Entry::kOffsets;
    const std::size_t rows = run->rows;
    if constexpr (V::template kFetchesStreams<W>)
      prefetch_streams<W>(next, rows * entries * kValuesOfEntry, rows * run->entries);
    if constexpr (kFetchesInputs) prefetch_next_inputs<V, W>(slice, next.ids, rows);
    if (rows == kRowsTogether) {
#pragma GCC unroll 1
      for (std::size_t row = 0; row < kRowsTogether; row += kSteps)
        add_step<V, W, kSteps, Entry, kEnds>(slice, next, entries);
    } else {
      for (std::size_t row = 0; row < rows; ++row)
        add_step<V, W, 1, Entry, kEnds>(slice, next, entries);
    }
  }
}

template <class V, int W, class Entry, bool kEnds>
void add_rows(const SliceF32& slice, const EntriesF32& entries) {
  if (fetches_inputs(slice))
    add_rows<V, W, Entry, kEnds, true>(slice, entries);
  else
    add_rows<V, W, Entry, kEnds, false>(slice, entries);
}

template <class V, int W, class Entry>
void add_rows(const SliceF32& slice, const EntriesF32& entries) {
  if (slice.ends)
    add_rows<V, W, Entry, true>(slice, entries);
  else
    add_rows<V, W, Entry, false>(slice, entries);
}

}  // namespace
}  // namespace filigree::kernels
