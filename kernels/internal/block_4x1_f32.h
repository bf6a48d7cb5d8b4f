// kBlock4x1F32 for any vector type V: four rows share each load of an input. With W vectors that is
// W + 4 loads for 4 W fma, so that arithmetic is the bound and X need not lie in L1.
#pragma once

#include "kernels/internal/entries_f32.h"

namespace filigree::kernels {
namespace {

constexpr int kBlockRows = 4;

// One group of four rows, W vectors from `lane` on.
template <class V, int W>
[[gnu::always_inline]] inline void add_group(const SliceF32& slice, const RunF32& run,
                                             std::size_t id, const float* values,
                                             const std::uint16_t* offsets, int lane) {
  constexpr int kStride = static_cast<int>(kPanelTokens);
  float* group_sums = slice.sums + id * kBlockRows * kPanelTokens + lane;
  typename V::Float sums[kBlockRows][W];
#pragma GCC unroll 16
  for (int r = 0; r < kBlockRows; ++r) begin_sums<V, W>(slice, group_sums + r * kStride, sums[r]);
  const char* x = slice.x + lane * static_cast<int>(sizeof(float));
  for (std::size_t e = 0; e < run.entries; ++e, values += kBlockRows) {
    const float* input = reinterpret_cast<const float*>(x + offsets[e]);
    typename V::Float tokens[W];
#pragma GCC unroll 16
    for (int i = 0; i < W; ++i) tokens[i] = V::load(input + V::kLanes * i);
#pragma GCC unroll 16
    for (int r = 0; r < kBlockRows; ++r) {
      const auto weight = V::broadcast(values + r);
#pragma GCC unroll 16
      for (int i = 0; i < W; ++i) sums[r][i] = V::fma(weight, tokens[i], sums[r][i]);
    }
  }
  const std::size_t row = id * kBlockRows;
#pragma GCC unroll 16
  for (int r = 0; r < kBlockRows; ++r)
    if (!slice.ends ||
        slice.first_row + row + static_cast<std::size_t>(r) < slice.args.weights.rows)
      end_sums<V, W>(slice, row + static_cast<std::size_t>(r), group_sums + r * kStride, sums[r],
                     static_cast<std::size_t>(lane));
}

// The last kLeft of kVectors vectors, in passes of at most kMost vectors.
template <class V, int kVectors, int kMost, int kLeft = kVectors>
[[gnu::always_inline]] inline void add_passes(const SliceF32& slice, const RunF32& run,
                                              std::size_t id, const float* values,
                                              const std::uint16_t* offsets) {
  constexpr int kPasses = (kLeft + kMost - 1) / kMost;
  constexpr int kWidth = (kLeft + kPasses - 1) / kPasses;
  add_group<V, kWidth>(slice, run, id, values, offsets, (kVectors - kLeft) * V::kLanes);
  if constexpr (kLeft > kWidth)
    add_passes<V, kVectors, kMost, kLeft - kWidth>(slice, run, id, values, offsets);
}

// kMost vectors of four rows fill the registers.
template <class V, int kVectors, int kMost>
void add_run_4x1(const SliceF32& slice, const RunF32& run) {
  const float* values = run.values;
  const std::uint16_t* offsets = run.offsets;
  for (const std::uint16_t* id = run.ids; id != run.ids + run.rows; ++id) {
    prefetch_entries(values, run.entries * kBlockRows, offsets);
    prefetch_next_inputs<V, kVectors>(slice, *id);
    add_passes<V, kVectors, kMost>(slice, run, *id, values, offsets);
    values += run.entries * kBlockRows;
    offsets += run.entries;
  }
}

}  // namespace
}  // namespace filigree::kernels
