#include "kernels/packed_weights.h"

namespace filigree::kernels {
namespace {

// Cycles of Zen 3 for one panel of 64 tokens, fitted to the times in bench/RESULTS.md: of an entry,
// of a row in one chunk of inputs (its sums are loaded and stored), and of one weight or quad of a
// dense tile.
constexpr double kEntryF32 = 5.7;
constexpr double kDenseF32 = 4.7;
constexpr double kEntryI8 = 7.4;
constexpr double kDenseI8 = 7.8;
constexpr double kRowOfChunk = 20.0;
constexpr std::size_t kChunkEntries = 112;

// Short panels, where a sparse kernel waits for its own sums, favour dense: sparse must be ahead by
// this factor.
constexpr double kMargin = 0.9;

bool sparse_is_faster(std::size_t rows, std::size_t entries_of_dense_row, std::size_t tile_rows,
                      double entry_cost, double dense_cost, std::size_t entries) {
  const std::size_t chunks = (entries_of_dense_row + kChunkEntries - 1) / kChunkEntries;
  const std::size_t tiled_rows = (rows + tile_rows - 1) / tile_rows * tile_rows;
  const double sparse = entry_cost * static_cast<double>(entries) +
                        kRowOfChunk * static_cast<double>(rows) * static_cast<double>(chunks);
  const double dense =
      dense_cost * static_cast<double>(tiled_rows) * static_cast<double>(entries_of_dense_row);
  return sparse < kMargin * dense;
}

}  // namespace

WeightFormat choose_f32_format(std::size_t rows, std::size_t cols, std::size_t nonzeros) noexcept {
  return sparse_is_faster(rows, cols, kDenseTileF32, kEntryF32, kDenseF32, nonzeros)
             ? WeightFormat::kUnstructuredF32
             : WeightFormat::kDenseF32;
}

WeightFormat choose_i8_format(std::size_t rows, std::size_t cols,
                              std::size_t nonzero_groups) noexcept {
  return sparse_is_faster(rows, (cols + 3) / 4, kDenseTileI8, kEntryI8, kDenseI8, nonzero_groups)
             ? WeightFormat::kGroupsI8
             : WeightFormat::kDenseI8;
}

}  // namespace filigree::kernels
