// kUnstructuredF32 for any vector type V: four nonzeros of a row, each of them a broadcast times
// the W token vectors of its input.
#pragma once

#include "kernels/internal/rows_f32.h"

namespace filigree::kernels {
namespace {

struct FourSingles {
  static constexpr std::size_t kOffsets = kEntriesTogether;
  static_assert(kOffsets == kValuesOfEntry);

  template <class V, int W>
  [[gnu::always_inline]] static void add(const float* values, const float* x,
                                         const std::uint16_t* offsets,
                                         typename V::Float (&sums)[W]) {
    if constexpr (!V::template kLoadsFours<W>) {
#pragma GCC unroll 16
      for (std::size_t i = 0; i < kOffsets; ++i)
        add_input<V, W>(V::broadcast(values + i), x + offsets[i], sums);
    } else {
      const auto four = V::broadcast_4(values);
      std::uint64_t at;
      __builtin_memcpy(&at, offsets, sizeof at);
      const auto input = [&](int i) { return x + static_cast<std::uint16_t>(at >> 16 * i); };
      add_input<V, W>(V::template spread<0>(four), input(0), sums);
      add_input<V, W>(V::template spread<1>(four), input(1), sums);
      add_input<V, W>(V::template spread<2>(four), input(2), sums);
      add_input<V, W>(V::template spread<3>(four), input(3), sums);
    }
  }
};

template <class V, int W>
void add_slice_unstructured(const SliceF32& slice, const EntriesF32& entries) {
  add_rows<V, W, FourSingles>(slice, entries);
}

}  // namespace
}  // namespace filigree::kernels
