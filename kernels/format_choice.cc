#include <algorithm>
#include <cstddef>
#include <limits>

#include "kernels/internal/groups_i8.h"
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

// Fitted to the times of 768x768 at 80, 90 and 95 % zeros (AVX-512), to 768x768 and 768x3072 in
// `format_sweep` on Zen 3 (AVX2; bench/RESULTS.md).
struct F32Costs {
  EntryCost unstructured;
  EntryCost block_1x4;
  EntryCost block_4x1;
};
constexpr F32Costs kAvx2F32{{1.2, 12.0}, {4.9, 8.0}, {4.8, 7.0}};
constexpr F32Costs kAvx512F32{{1.75, 5.6}, {6.75, 4.2}, {5.0, 10.0}};

const EntryCost& cost_of(WeightFormat format, Isa isa) {
  const F32Costs& costs = isa < Isa::kAvx512 ? kAvx2F32 : kAvx512F32;
  if (format == WeightFormat::kBlock1x4F32) return costs.block_1x4;
  return format == WeightFormat::kBlock4x1F32 ? costs.block_4x1 : costs.unstructured;
}

std::size_t rounded_up(std::size_t value, std::size_t multiple) {
  return (value + multiple - 1) / multiple * multiple;
}

double f32_cost(const F32Pattern& pattern, WeightFormat format, std::size_t entries, Isa isa) {
  const std::size_t chunk = f32_chunk_cols(pattern, format, {.isa = isa});
  const std::size_t chunks = (pattern.cols + chunk - 1) / chunk;
  const std::size_t rows_of_entry = entry_shape(format).rows;
  const EntryCost& cost = cost_of(format, isa);
  return cost.entry * static_cast<double>(entries) +
         cost.rows_in_chunk *
             static_cast<double>(rounded_up(pattern.rows, rows_of_entry) / rows_of_entry * chunks);
}

// int8, in the time of one quad of a dense tile. As EntryCost, and what finishes a row besides.
struct I8Cost {
  double entry;
  double rows_in_chunk;
  double row;
};

// Without VNNI, two groups that can be are added in 16 bits before they are widened.
struct GroupsCost {
  I8Cost single;
  double pair;
};

// Fitted to the times of 768x768, 768x3072, 384x384 and 1536x384 at 0 to 99 % zeros, in both
// distributions of weights that `format_sweep --int8` has. VNNI makes dense tiles faster than
// groups, which wait for their loads.
constexpr GroupsCost kAvx2Groups{{1.08, 1.7, 3}, 1.61};
constexpr GroupsCost kAvx512Groups{{1.19, 2.5, 3}, 1.76};
constexpr GroupsCost kVnniGroups{{1.37, 7.0, 5.1}, 2 * 1.37};

const GroupsCost& cost_of_groups(Isa isa) {
  if (isa == Isa::kAvx512Vnni) return kVnniGroups;
  return isa == Isa::kAvx512 ? kAvx512Groups : kAvx2Groups;
}

// kUnstructuredI8, of four entries. Each quad of inputs is turned into rows of bytes once.
struct FoursCost {
  I8Cost four;
  double turned_quad;
};

// Fitted to 768x768, 3072x768 and 768x3072 at 50 to 95 % zeros (at 80 to 95 % alone 1.5).
constexpr FoursCost kAvx2Fours{{1.55, 3.2, 3}, 6};
// Fitted to the same as groups from 60 % zeros on.
constexpr FoursCost kVnniFours{{3.4, 8.6, 2.9}, 6.9};
// A row of a chunk is filled up to whole fours, by 1.5 entries on average.
constexpr double kFilledUp = 1.5 / 4;

double i8_cost(const I8Cost& cost, double entries, const I8Pattern& pattern, std::size_t chunk) {
  const std::size_t chunks = (pattern.cols + chunk - 1) / chunk;
  return cost.entry * entries + cost.rows_in_chunk * static_cast<double>(pattern.rows * chunks) +
         cost.row * static_cast<double>(pattern.rows);
}

double groups_cost(const I8Pattern& pattern, Isa isa) {
  const GroupsCost& cost = cost_of_groups(isa);
  const auto pairs = static_cast<double>(pattern.pairs);
  const double singles = static_cast<double>(pattern.groups_1x4 + pattern.split_groups) - 2 * pairs;
  return i8_cost(cost.single, singles, pattern, kChunkColsI8) + cost.pair * pairs;
}

// Tiles, and the groups for what they cannot hold.
double dense_cost(const I8Pattern& pattern, Isa isa) {
  const std::size_t quads = (pattern.cols + 3) / 4;
  return static_cast<double>(rounded_up(pattern.rows, kDenseTileI8) * quads) +
         cost_of_groups(isa).single.entry * static_cast<double>(pattern.split_groups);
}

constexpr double kImpossible = std::numeric_limits<double>::infinity();

double unstructured_cost(const I8Pattern& pattern, Isa isa) {
  if (isa != Isa::kAvx2 && isa != Isa::kAvx512Vnni) return kImpossible;
  const FoursCost& cost = isa == Isa::kAvx2 ? kAvx2Fours : kVnniFours;
  constexpr std::size_t kChunk = kChunkColsUnstructuredI8;
  const std::size_t chunks = (pattern.cols + kChunk - 1) / kChunk;
  const double fours = static_cast<double>(pattern.nonzeros) / 4 +
                       kFilledUp * static_cast<double>(pattern.rows * chunks);
  return i8_cost(cost.four, fours, pattern, kChunk) +
         cost.turned_quad * static_cast<double>((pattern.cols + 3) / 4);
}

// The first of equals.
template <std::size_t kFormats>
WeightFormat cheapest(const std::array<FormatCost, kFormats>& costs) {
  const auto less = [](const FormatCost& a, const FormatCost& b) { return a.cost < b.cost; };
  return std::min_element(costs.begin(), costs.end(), less)->format;
}

// Splitting and pairing all rows would take longer than packing them.
constexpr std::size_t kSampledRows = 16;

void estimate_groups(std::span<const std::int16_t> weights, I8Pattern& pattern, Pieces& pieces) {
  const std::size_t step = std::max<std::size_t>(1, pattern.rows / kSampledRows);
  GroupCounts sampled;
  for (std::size_t row = 0; row < pattern.rows; row += step) {
    const auto of_row = weights.subspan(row * pattern.cols, pattern.cols);
    for (std::size_t col = 0; col < pattern.cols; col += kChunkColsI8) {
      const GroupCounts counts = count_groups(
          of_row.subspan(col, std::min<std::size_t>(kChunkColsI8, pattern.cols - col)));
      sampled.groups_1x4 += counts.groups_1x4;
      sampled.split += counts.split;
      sampled.pairs += counts.pairs;
    }
    pieces.add(pattern.cols);
  }
  if (sampled.groups_1x4 == 0) return;
  pattern.split_groups = pattern.groups_1x4 * sampled.split / sampled.groups_1x4;
  pattern.pairs = pattern.groups_1x4 * sampled.pairs / sampled.groups_1x4;
}

}  // namespace

I8Pattern pattern_i8(std::span<const std::int16_t> weights, std::size_t rows, std::size_t cols,
                     const BetweenPieces& between_pieces) {
  I8Pattern pattern{.rows = rows, .cols = cols};
  Pieces pieces(&between_pieces);
  for (std::size_t row = 0; row < rows; ++row) {
    for (std::size_t col = 0; col < cols; col += 4) {
      std::size_t nonzeros = 0;
      for (const std::int16_t w :
           weights.subspan(row * cols + col, std::min<std::size_t>(4, cols - col)))
        nonzeros += w != 0 ? 1 : 0;
      pattern.nonzeros += nonzeros;
      pattern.groups_1x4 += nonzeros != 0 ? 1 : 0;
    }
    pieces.add(cols);
  }
  estimate_groups(weights, pattern, pieces);
  return pattern;
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

std::array<FormatCost, 3> i8_format_costs(const I8Pattern& pattern, Isa isa) noexcept {
  return {FormatCost{WeightFormat::kDenseI8, dense_cost(pattern, isa)},
          FormatCost{WeightFormat::kGroupsI8, groups_cost(pattern, isa)},
          FormatCost{WeightFormat::kUnstructuredI8, unstructured_cost(pattern, isa)}};
}

WeightFormat choose_f32_format(const F32Pattern& pattern, Isa isa) noexcept {
  return cheapest(f32_format_costs(pattern, isa));
}

WeightFormat choose_i8_format(const I8Pattern& pattern, Isa isa) noexcept {
  return cheapest(i8_format_costs(pattern, isa));
}

}  // namespace filigree::kernels
