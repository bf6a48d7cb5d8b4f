// kBlock4x1F32 for any vector type V: four rows share each load of an input. With W vectors that is
// W + 4 loads for 4 W fma, so that arithmetic is the bound and X need not lie in L1.
#pragma once

#include "kernels/internal/entries_f32.h"

namespace filigree::kernels {
namespace {

constexpr int kBlockRows = 4;

// Fetches what the stream holds `kPrefetchValues` after the `count` values and `offsets` of one
// row.
[[gnu::always_inline]] inline void prefetch_entries(const float* values, std::size_t count,
                                                    const std::uint16_t* offsets) {
  constexpr std::size_t kLine = 16;
  for (std::size_t i = 0; i < count; i += kLine)
    __builtin_prefetch(values + kPrefetchValues + i, 0, 3);
  __builtin_prefetch(offsets + kPrefetchValues, 0, 3);
}

// Groups of four rows in lock step: one group of one vector has too few chains of fma to hide their
// latency.
template <int kVectors>
constexpr int kGroupSteps = kVectors == 1 ? 2 : 1;

// N groups of four rows, which have `entries` each, W vectors from `lane` on.
template <class V, int W, int N>
[[gnu::always_inline]] inline void add_groups(const SliceF32& slice, const std::uint16_t* ids,
                                              std::ptrdiff_t entries, const float* values,
                                              const std::uint16_t* offsets, int lane) {
  constexpr int kStride = static_cast<int>(kPanelTokens);
  typename V::Float sums[N][kBlockRows][W];
#pragma GCC unroll 16
  for (int group = 0; group < N; ++group) {
    const float* group_sums = slice.sums + ids[group] * kBlockRows * kPanelTokens + lane;
#pragma GCC unroll 16
    for (int r = 0; r < kBlockRows; ++r)
      begin_sums<V, W>(slice.begins, group_sums + r * kStride, sums[group][r]);
  }
  const float* x = slice.x + lane;
  values += entries * kBlockRows;
  offsets += entries;
  // Counting up to 0 saves a comparison (3 % with AVX2).
  for (std::ptrdiff_t e = -entries; e != 0; ++e)
#pragma GCC unroll 16
    for (int group = 0; group < N; ++group) {
      const std::ptrdiff_t at = group * entries + e;
      const float* input = x + offsets[at];
      typename V::Float tokens[W];
#pragma GCC unroll 16
      for (int i = 0; i < W; ++i) tokens[i] = V::load(input + V::kLanes * i);
#pragma GCC unroll 16
      for (int r = 0; r < kBlockRows; ++r) {
        const auto weight = V::broadcast(values + at * kBlockRows + r);
#pragma GCC unroll 16
        for (int i = 0; i < W; ++i)
          sums[group][r][i] = V::fma(weight, tokens[i], sums[group][r][i]);
      }
    }
#pragma GCC unroll 16
  for (int group = 0; group < N; ++group) {
    const std::size_t first = ids[group] * std::size_t{kBlockRows};
    float* group_sums = slice.sums + first * kPanelTokens + lane;
#pragma GCC unroll 16
    for (int r = 0; r < kBlockRows; ++r) {
      const std::size_t row = first + static_cast<std::size_t>(r);
      if (!slice.ends)
        store_sums<V, W>(group_sums + r * kStride, sums[group][r]);
      else if (slice.first_row + row < slice.args.weights.rows)
        finish_row<V, W>(slice.args, slice.first_row + row, static_cast<std::size_t>(lane),
                         sums[group][r]);
    }
  }
}

// The last kLeft of kVectors vectors, in passes of at most kMost vectors.
template <class V, int kVectors, int kMost, int N, int kLeft = kVectors>
[[gnu::always_inline]] inline void add_passes(const SliceF32& slice, const std::uint16_t* ids,
                                              std::ptrdiff_t entries, const float* values,
                                              const std::uint16_t* offsets) {
  constexpr int kPasses = (kLeft + kMost - 1) / kMost;
  constexpr int kWidth = (kLeft + kPasses - 1) / kPasses;
  add_groups<V, kWidth, N>(slice, ids, entries, values, offsets, (kVectors - kLeft) * V::kLanes);
  if constexpr (kLeft > kWidth)
    add_passes<V, kVectors, kMost, N, kLeft - kWidth>(slice, ids, entries, values, offsets);
}

// The next N groups, of `entries` each. kMost vectors of four rows fill the registers.
template <class V, int kVectors, int kMost, int N>
[[gnu::always_inline]] inline void take_groups(const SliceF32& slice, EntriesF32& next,
                                               std::size_t entries) {
  prefetch_entries(next.values, N * entries * kBlockRows, next.offsets);
  if (fetches_inputs(slice)) prefetch_next_inputs<V, kVectors>(slice, next.ids, N);
  add_passes<V, kVectors, kMost, N>(slice, next.ids, static_cast<std::ptrdiff_t>(entries),
                                    next.values, next.offsets);
  next.ids += N;
  next.values += N * entries * kBlockRows;
  next.offsets += N * entries;
}

template <class V, int kVectors, int kMost>
void add_slice_4x1(const SliceF32& slice, const EntriesF32& entries) {
  constexpr std::size_t kSteps = kGroupSteps<kVectors>;
  EntriesF32 next = entries;
  for (const Run* run = next.first; run != next.last; ++run) {
    std::size_t groups = run->rows;
    for (; groups >= kSteps; groups -= kSteps)
      take_groups<V, kVectors, kMost, kSteps>(slice, next, run->entries);
    if constexpr (kSteps > 1)
      for (; groups > 0; --groups) take_groups<V, kVectors, kMost, 1>(slice, next, run->entries);
  }
}

}  // namespace
}  // namespace filigree::kernels
