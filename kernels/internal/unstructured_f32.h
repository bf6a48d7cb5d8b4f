// kUnstructuredF32 for any vector type V: a nonzero is one broadcast times the W token vectors of
// its input.
//
// Per nonzero W loads of inputs, W fma and a weight. Four weights of a row are one load and four
// shuffles (3 % faster on Sapphire Rapids at 95 % zeros than a broadcast from memory for each;
// equal at 80 %), with an instance for each count modulo 4, so that no branch depends on a row. The
// processor overlaps consecutive rows; with few vectors, rows advance in lock step instead.
#pragma once

#include "kernels/internal/rows_f32.h"

namespace filigree::kernels {
namespace {

struct SingleEntry {
  static constexpr std::size_t kValues = 1;

  template <class V, int W>
  [[gnu::always_inline]] static void add(const float* value, const float* input,
                                         typename V::Float (&sums)[W]) {
    add_input<V, W>(V::broadcast(value), input, sums);
  }
};

template <class V, int W, int kCount>
[[gnu::always_inline]] inline void add_up_to_4(const float* x, const float* values,
                                               const std::uint16_t* offsets,
                                               typename V::Float (&sums)[W]) {
  const auto four = V::broadcast_4(values);
  if constexpr (kCount > 0) add_input<V, W>(V::template spread<0>(four), x + offsets[0], sums);
  if constexpr (kCount > 1) add_input<V, W>(V::template spread<1>(four), x + offsets[1], sums);
  if constexpr (kCount > 2) add_input<V, W>(V::template spread<2>(four), x + offsets[2], sums);
  if constexpr (kCount > 3) add_input<V, W>(V::template spread<3>(four), x + offsets[3], sums);
}

// A run whose rows have a multiple of 4 and kRest entries, row by row.
template <class V, int W, int kRest>
[[gnu::noinline]] void add_run_by_row(const SliceF32& slice, const RunF32& run) {
  const float* values = run.values;
  const std::uint16_t* offsets = run.offsets;
  for (const std::uint16_t* id = run.ids; id != run.ids + run.rows; ++id) {
    float* row_sums = slice.sums + *id * kPanelTokens;
    typename V::Float sums[W];
    begin_sums<V, W>(slice, row_sums, sums);
    if (!slice.begins) prefetch_sums<V, W>(slice.sums + id[kPrefetchRows] * kPanelTokens);
    prefetch_entries(values, run.entries, offsets);
    prefetch_next_inputs<V, W>(slice, *id);
    for (std::size_t four = 0; four < run.entries / 4; ++four, values += 4, offsets += 4)
      add_up_to_4<V, W, 4>(slice.x, values, offsets, sums);
    if constexpr (kRest > 0) add_up_to_4<V, W, kRest>(slice.x, values, offsets, sums);
    values += kRest;
    offsets += kRest;
    end_sums<V, W>(slice, *id, row_sums, sums);
  }
}

template <class V, int W>
void add_run_unstructured(const SliceF32& slice, const RunF32& run) {
  if constexpr (kRowSteps < W >> 1)
    return add_run_in_steps<V, W, kRowSteps<W>, SingleEntry>(slice, run);
  switch (run.entries % 4) {
    case 0:
      return add_run_by_row<V, W, 0>(slice, run);
    case 1:
      return add_run_by_row<V, W, 1>(slice, run);
    case 2:
      return add_run_by_row<V, W, 2>(slice, run);
    default:
      return add_run_by_row<V, W, 3>(slice, run);
  }
}

}  // namespace
}  // namespace filigree::kernels
