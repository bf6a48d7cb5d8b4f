#include <cstddef>

#include "kernels/internal/packing.h"
#include "kernels/packed_weights.h"

namespace filigree::kernels {
namespace {

// What one panel of 64 tokens costs in a sparse format, in the time of one weight of a dense tile:
// an entry, and the rows that share it in one chunk of inputs, whose sums are loaded and stored.
struct EntryCost {
  double entry;
  double rows_in_chunk;
};

// Fitted to the times of 768x768 at 80, 90 and 95 % zeros (bench/RESULTS.md).
struct F32Costs {
  EntryCost unstructured;
  EntryCost block_1x4;
  EntryCost block_4x1;
};
constexpr F32Costs kAvx2F32{{1.2, 3.3}, {4.7, 2.4}, {4.4, 6.7}};
constexpr F32Costs kAvx512F32{{1.64, 5.2}, {6.3, 3.9}, {4.0, 21.0}};

const EntryCost& cost_of(WeightFormat format, Isa isa) {
  const F32Costs& costs = isa < Isa::kAvx512 ? kAvx2F32 : kAvx512F32;
  if (format == WeightFormat::kBlock1x4F32) return costs.block_1x4;
  return format == WeightFormat::kBlock4x1F32 ? costs.block_4x1 : costs.unstructured;
}

std::size_t rounded_up(std::size_t value, std::size_t multiple) {
  return (value + multiple - 1) / multiple * multiple;
}

double f32_cost(const F32Pattern& pattern, WeightFormat format, std::size_t entries, Isa isa) {
  const std::size_t chunk = f32_chunk_cols(pattern, format, {});
  const std::size_t chunks = (pattern.cols + chunk - 1) / chunk;
  const std::size_t rows_of_entry = entry_shape(format).rows;
  const EntryCost& cost = cost_of(format, isa);
  return cost.entry * static_cast<double>(entries) +
         cost.rows_in_chunk *
             static_cast<double>(rounded_up(pattern.rows, rows_of_entry) / rows_of_entry * chunks);
}

// int8, in cycles of Zen 3: of an entry, of a row in one chunk, and of a quad of a dense tile.
constexpr double kEntryI8 = 7.4;
constexpr double kDenseI8 = 7.8;
constexpr double kRowOfChunkI8 = 20.0;
constexpr std::size_t kChunkQuads = 112;

// Short panels, where a sparse kernel waits for its own sums, favour dense: sparse must be ahead by
// this factor.
constexpr double kMarginI8 = 0.9;

}  // namespace

WeightFormat choose_f32_format(const F32Pattern& pattern, Isa isa) noexcept {
  WeightFormat best = WeightFormat::kDenseF32;
  double least = static_cast<double>(rounded_up(pattern.rows, kDenseTileF32) * pattern.cols);
  const auto consider = [&](WeightFormat format, std::size_t entries) {
    const double cost = f32_cost(pattern, format, entries, isa);
    if (cost >= least) return;
    best = format;
    least = cost;
  };
  consider(WeightFormat::kUnstructuredF32, pattern.nonzeros);
  if (pattern.cols % 4 == 0) consider(WeightFormat::kBlock1x4F32, pattern.blocks_1x4);
  consider(WeightFormat::kBlock4x1F32, pattern.blocks_4x1);
  return best;
}

WeightFormat choose_i8_format(std::size_t rows, std::size_t cols,
                              std::size_t nonzero_groups) noexcept {
  const std::size_t quads = (cols + 3) / 4;
  const std::size_t chunks = (quads + kChunkQuads - 1) / kChunkQuads;
  const double sparse = kEntryI8 * static_cast<double>(nonzero_groups) +
                        kRowOfChunkI8 * static_cast<double>(rows * chunks);
  const double dense = kDenseI8 * static_cast<double>(rounded_up(rows, kDenseTileI8) * quads);
  return sparse < kMarginI8 * dense ? WeightFormat::kGroupsI8 : WeightFormat::kDenseI8;
}

}  // namespace filigree::kernels
