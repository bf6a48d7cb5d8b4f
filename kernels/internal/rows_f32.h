// What kUnstructuredF32 and kBlock1x4F32 share: rows that advance in lock step. An Entry knows how
// many values it has and adds itself to sums.
#pragma once

#include "kernels/internal/entries_f32.h"

namespace filigree::kernels {
namespace {

// Rows in lock step for W vectors, so that there are chains of fma enough to hide their latency;
// from three vectors on the processor finds them in the rows that follow (768x768 at 90 % zeros,
// AVX-512: two rows lose 7 % at W = 3, one row loses 15 % at W = 1).
template <int W>
constexpr int kRowSteps = W == 1   ? 4
                          : W == 2 ? 2
                                   : 1;

// As kPrefetchValues. With few vectors the streams are passed faster (BERT-base, 90 % zeros,
// AVX-512, 16 tokens: 7 % faster than 256 ahead if other models run between, 3 % if not).
template <int W>
constexpr std::size_t kPrefetchInSteps = W == 1 ? 1024 : 512;

template <int W>
[[gnu::always_inline]] inline void prefetch_steps(const float* values, std::size_t value_count,
                                                  const std::uint16_t* offsets,
                                                  std::size_t offset_count) {
  constexpr std::size_t kLineBytes = 64;
  for (std::size_t i = 0; i < value_count; i += kLineBytes / sizeof *values)
    __builtin_prefetch(values + kPrefetchInSteps<W> + i, 0, 3);
  for (std::size_t i = 0; i < offset_count; i += kLineBytes / sizeof *offsets)
    __builtin_prefetch(offsets + kPrefetchInSteps<W> + i, 0, 3);
}

// Adds N rows of `entries` each in lock step.
template <class V, int W, int N, class Entry>
[[gnu::always_inline]] inline void add_rows(const SliceF32& slice, const std::uint16_t* ids,
                                            std::size_t entries, const float* values,
                                            const std::uint16_t* offsets) {
  typename V::Float sums[N][W];
#pragma GCC unroll 16
  for (int r = 0; r < N; ++r) begin_sums<V, W>(slice, slice.sums + ids[r] * kPanelTokens, sums[r]);
  for (std::size_t e = 0; e < entries; ++e)
#pragma GCC unroll 16
    for (int r = 0; r < N; ++r) {
      const std::size_t at = static_cast<std::size_t>(r) * entries + e;
      Entry::template add<V, W>(values + at * Entry::kValues, slice.x + offsets[at], sums[r]);
    }
#pragma GCC unroll 16
  for (int r = 0; r < N; ++r)
    end_sums<V, W>(slice, ids[r], slice.sums + ids[r] * kPanelTokens, sums[r]);
}

// A run in lock steps of N rows.
template <class V, int W, int N, class Entry>
void add_run_in_steps(const SliceF32& slice, const RunF32& run) {
  const std::uint16_t* id = run.ids;
  const float* values = run.values;
  const std::uint16_t* offsets = run.offsets;
  const auto add = [&]<int kRows>() {
    const std::size_t entries = kRows * run.entries;
    prefetch_steps<W>(values, entries * Entry::kValues, offsets, entries);
    add_rows<V, W, kRows, Entry>(slice, id, run.entries, values, offsets);
    id += kRows;
    values += entries * Entry::kValues;
    offsets += entries;
  };
  for (std::size_t step = 0; step < run.rows / N; ++step) add.template operator()<N>();
  for (std::size_t rest = 0; rest < run.rows % N; ++rest) add.template operator()<1>();
}

}  // namespace
}  // namespace filigree::kernels
