#include <algorithm>
#include <cstddef>
#include <limits>

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

// int8, in the time of one quad of a dense tile: kGroupsI8, fitted to the times of 768x768 in 1x4
// blocks at 80 and 90 % zeros. VNNI makes dense tiles faster than groups, which wait for their
// loads.
constexpr EntryCost kAvx2Groups{0.97, 3.4};
constexpr EntryCost kAvx512Groups{1.04, 4.6};
constexpr EntryCost kVnniGroups{1.45, 9.7};

const EntryCost& groups_cost(Isa isa) {
  if (isa == Isa::kAvx512Vnni) return kVnniGroups;
  return isa == Isa::kAvx512 ? kAvx512Groups : kAvx2Groups;
}

constexpr double kImpossible = std::numeric_limits<double>::infinity();

// The first of equals.
template <std::size_t kFormats>
WeightFormat cheapest(const std::array<FormatCost, kFormats>& costs) {
  const auto less = [](const FormatCost& a, const FormatCost& b) { return a.cost < b.cost; };
  return std::min_element(costs.begin(), costs.end(), less)->format;
}

}  // namespace

std::size_t nonzero_groups_i8(std::span<const std::int16_t> weights, std::size_t rows,
                              std::size_t cols) noexcept {
  std::size_t groups = 0;
  for (std::size_t row = 0; row < rows; ++row)
    for (std::size_t col = 0; col < cols; col += 4) {
      const auto group = weights.subspan(row * cols + col, std::min<std::size_t>(4, cols - col));
      groups += std::ranges::any_of(group, [](std::int16_t w) { return w != 0; }) ? 1 : 0;
    }
  return groups;
}

std::array<FormatCost, 4> f32_format_costs(const F32Pattern& pattern, Isa isa) noexcept {
  const double dense = static_cast<double>(rounded_up(pattern.rows, kDenseTileF32) * pattern.cols);
  const auto sparse = [&](WeightFormat format, std::size_t entries) -> FormatCost {
    return {format, f32_cost(pattern, format, entries, isa)};
  };
  const FormatCost block_1x4 = pattern.cols % 4 == 0
                                   ? sparse(WeightFormat::kBlock1x4F32, pattern.blocks_1x4)
                                   : FormatCost{WeightFormat::kBlock1x4F32, kImpossible};
  return {FormatCost{WeightFormat::kDenseF32, dense},
          sparse(WeightFormat::kUnstructuredF32, pattern.nonzeros), block_1x4,
          sparse(WeightFormat::kBlock4x1F32, pattern.blocks_4x1)};
}

std::array<FormatCost, 2> i8_format_costs(std::size_t rows, std::size_t cols,
                                          std::size_t nonzero_groups, Isa isa) noexcept {
  const std::size_t quads = (cols + 3) / 4;
  const std::size_t chunks = (cols + kChunkColsI8 - 1) / kChunkColsI8;
  const EntryCost& cost = groups_cost(isa);
  const double sparse = cost.entry * static_cast<double>(nonzero_groups) +
                        cost.rows_in_chunk * static_cast<double>(rows * chunks);
  const double dense = static_cast<double>(rounded_up(rows, kDenseTileI8) * quads);
  return {FormatCost{WeightFormat::kDenseI8, dense}, FormatCost{WeightFormat::kGroupsI8, sparse}};
}

WeightFormat choose_f32_format(const F32Pattern& pattern, Isa isa) noexcept {
  return cheapest(f32_format_costs(pattern, isa));
}

WeightFormat choose_i8_format(std::size_t rows, std::size_t cols, std::size_t nonzero_groups,
                              Isa isa) noexcept {
  return cheapest(i8_format_costs(rows, cols, nonzero_groups, isa));
}

}  // namespace filigree::kernels
