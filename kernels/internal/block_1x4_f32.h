// kBlock1x4F32 for any vector type V: four weights and one offset for the W token vectors of four
// consecutive inputs.
#pragma once

#include "kernels/internal/rows_f32.h"

namespace filigree::kernels {
namespace {

struct Block1x4Entry {
  static constexpr std::size_t kValues = 4;

  template <class V, int W>
  [[gnu::always_inline]] static void add(const float* values, const float* input,
                                         typename V::Float (&sums)[W]) {
#pragma GCC unroll 16
    for (std::size_t i = 0; i < kValues; ++i)
      add_input<V, W>(V::broadcast(values + i), input + i * kPanelTokens, sums);
  }
};

template <class V, int W>
void add_run_1x4(const SliceF32& slice, const RunF32& run) {
  if constexpr (kRowSteps < W >> 1)
    return add_run_in_steps<V, W, kRowSteps<W>, Block1x4Entry>(slice, run);
  const float* values = run.values;
  const std::uint16_t* offsets = run.offsets;
  for (const std::uint16_t* id = run.ids; id != run.ids + run.rows; ++id) {
    if (!slice.begins) prefetch_sums<V, W>(slice.sums + id[kPrefetchRows] * kPanelTokens);
    prefetch_entries(values, run.entries * Block1x4Entry::kValues, offsets);
    prefetch_next_inputs<V, W>(slice, *id);
    add_rows<V, W, 1, Block1x4Entry>(slice, id, run.entries, values, offsets);
    values += run.entries * Block1x4Entry::kValues;
    offsets += run.entries;
  }
}

}  // namespace
}  // namespace filigree::kernels
