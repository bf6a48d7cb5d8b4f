// What the kernels of kUnstructuredI8 share: where their inputs lie, and how they walk a slice.
// What a run adds is the kernel's.
#pragma once

#include "kernels/internal/packed_walk.h"
#include "kernels/linear.h"

namespace filigree::kernels {
namespace {

// Rows with equally many fours of entries.
struct RowsOfRun {
  const std::uint16_t* ids;
  std::size_t rows;
  std::size_t fours;  // of each row
  const std::int8_t* weights;
  const std::uint16_t* offsets;
};

// The input vectors lie behind the sums in args.scratch.
inline std::uint8_t* input_vectors(const LinearI8Args& args) {
  return reinterpret_cast<std::uint8_t*>(args.scratch + args.weights.block_rows * kPanelTokens);
}

// Calls add(rows) for every run of a slice.
template <class Add>
[[gnu::always_inline]] inline void for_each_run(const PackedView& weights, std::size_t block,
                                                std::size_t chunk, Add add) {
  const SliceRuns slice = slice_runs(weights, block, chunk);
  RowsOfRun rows{.ids = slice.row_ids,
                 .rows = 0,
                 .fours = 0,
                 .weights = weights.entries.weights + slice.entry,
                 .offsets = weights.entries.offsets + slice.entry};
  for (const Run* run = slice.first; run != slice.last; ++run) {
    rows.rows = run->rows;
    rows.fours = run->entries / kEntriesTogether;
    add(rows);
    rows.ids += rows.rows;
    rows.weights += rows.rows * run->entries;
    rows.offsets += rows.rows * run->entries;
  }
}

// The call for the tokens from `first` on.
inline LinearI8Args tokens_from(std::size_t first, LinearI8Args args) {
  args.tokens -= first;
  args.x += 4 * first;
  if (args.residual != nullptr) args.residual += first;
  if (args.y != nullptr) args.y += first;
  if (args.y_u8 != nullptr) args.y_u8 += 4 * first;
  return args;
}

}  // namespace
}  // namespace filigree::kernels
