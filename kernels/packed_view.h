// A non-owning, plain-data view of packed weights: what kernels read. Owned and made by kernels/packed_weights.h.
#pragma once

#include <cstddef>
#include <cstdint>

namespace filigree::kernels {

// Formats; RxC blocks are outputs x inputs. kGroupsI8 holds the 1x4 groups that have a nonzero: block-sparse matrices
// have full groups, unstructured ones partly filled groups.
enum class WeightFormat : std::uint8_t { kDenseF32, kUnstructuredF32, kDenseI8, kGroupsI8 };
inline constexpr std::size_t kWeightFormats = 4;

struct PackedView {
  WeightFormat format;
  std::size_t rows;        // outputs
  std::size_t cols;        // inputs
  std::size_t row_blocks;  // units of splitting work
  // The kernel author completes the streams here (plain pointers and counts).
};

}  // namespace filigree::kernels
