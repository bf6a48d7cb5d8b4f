// kBlock1x4F32 for any vector type V: four weights and one offset for the W token vectors of four
// consecutive inputs.
#pragma once

#include "kernels/internal/rows_f32.h"

namespace filigree::kernels {
namespace {

struct Block1x4 {
  static constexpr std::size_t kOffsets = 1;

  template <class V, int W>
  [[gnu::always_inline]] static void add(const float* values, const float* x,
                                         const std::uint16_t* offsets,
                                         typename V::Float (&sums)[W]) {
    const float* input = x + *offsets;
    if constexpr (!V::kLoadsFoursOfBlocks) {
#pragma GCC unroll 16
      for (std::size_t i = 0; i < kValuesOfEntry; ++i)
        add_input<V, W>(V::broadcast(values + i), input + i * kPanelTokens, sums);
    } else {
      const auto four = V::broadcast_4(values);
      add_input<V, W>(V::template spread<0>(four), input, sums);
      add_input<V, W>(V::template spread<1>(four), input + kPanelTokens, sums);
      add_input<V, W>(V::template spread<2>(four), input + 2 * kPanelTokens, sums);
      add_input<V, W>(V::template spread<3>(four), input + 3 * kPanelTokens, sums);
    }
  }
};

template <class V, int W>
void add_slice_1x4(const SliceF32& slice, const EntriesF32& entries) {
  add_rows<V, W, Block1x4>(slice, entries);
}

}  // namespace
}  // namespace filigree::kernels
