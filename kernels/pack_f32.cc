#include <algorithm>
#include <array>
#include <bit>

#include "kernels/internal/packing.h"
#include "kernels/isa.h"
#include "kernels/kernel_table.h"
#include "kernels/packed_weights.h"

namespace filigree::kernels {
namespace {

// Tokens whose sums a kernel keeps in registers while it passes over a chunk.
std::size_t pass_tokens(WeightFormat format, Isa isa) {
  const bool in_passes =
      format == WeightFormat::kUnstructuredF32 || format == WeightFormat::kBlock1x4F32;
  return isa == Isa::kAvx2 && in_passes ? kUsualPassTokensAvx2 : kUsualPanelTokens;
}

// The sums of all rows are loaded and stored once per chunk, which counts the more the fewer
// entries a row has in it: then a larger chunk pays, though part of X falls out of L1. Measured at
// 80, 90 and 95 % zeros on a 48 KB L1 (AVX-512) and a 32 KB L1 (AVX2; bench/RESULTS.md). 4x1 blocks
// share each load of X by several rows, so that it may come from L2; dense tiles do so, too, but
// stream their weights through L1 beside it.
double l1_fraction(double density, WeightFormat format, Isa isa) {
  constexpr double kFew = 0.07;
  if (format == WeightFormat::kDenseF32) return 0.7;
  if (format == WeightFormat::kBlock4x1F32)
    return isa == Isa::kAvx2 ? 4.0 : density > kFew ? 1.0 : 2.0;
  if (density > 0.15) return 0.7;
  if (density > kFew) return 0.85;
  if (isa != Isa::kAvx2) return 1.0;
  // 99 % zeros, Zen 3: 0.78 to 0.87 of the time; 1x4 blocks lose 4 to 9 %.
  return format == WeightFormat::kUnstructuredF32 && density <= 0.02 ? 3.0 : 1.5;
}

// Inputs whose part of X fills that fraction of L1 with the usual number of tokens.
std::size_t cols_filling_l1(double density, WeightFormat format, const PackOptions& options) {
  const std::size_t l1_bytes = options.l1_bytes != 0 ? options.l1_bytes : l1_data_cache_bytes();
  const Isa isa = options.isa ? *options.isa : supported_tables().back().isa;
  const double bytes = l1_fraction(density, format, isa) * static_cast<double>(l1_bytes);
  const std::size_t cols =
      static_cast<std::size_t>(bytes) / (pass_tokens(format, isa) * sizeof(float));
  return std::clamp<std::size_t>(cols / 4 * 4, 16, kMaxChunkColsF32);
}

// Where 4x1 blocks have few entries for each load and store of sums, all inputs in one chunk save
// them altogether: 90 and 95 % zeros, 768x768 and 3072x768, 6 and 15 % faster with AVX-512 than
// chunks of 1.0 of L1, 4 and 9 % with AVX2. Larger chunks than 2.0 that are not all lose (768x3072
// at 90 %: 4 %), as does one chunk of denser matrices (3072x768 at 80 %: 9 %), whose weights drive
// X out of L2.
bool takes_one_chunk(double density, std::size_t cols, WeightFormat format) {
  constexpr double kFewEntries = 0.12;
  return format == WeightFormat::kBlock4x1F32 && density <= kFewEntries && cols <= kMaxChunkColsF32;
}

// The weights of the kRows x kCols entry at (row, col); what lies outside the matrix is 0.
template <std::size_t kRows, std::size_t kCols>
std::array<float, kRows * kCols> entry_at(const PackedView& view, std::span<const float> weights,
                                          std::size_t row, std::size_t col) {
  std::array<float, kRows * kCols> entry{};
  for (std::size_t r = 0; r < kRows && row + r < view.rows; ++r)
    for (std::size_t c = 0; c < kCols && col + c < view.cols; ++c)
      entry[r * kCols + c] = weights[(row + r) * view.cols + col + c];
  return entry;
}

template <std::size_t kWeights>
bool has_nonzero(const std::array<float, kWeights>& entry) {
  return std::ranges::any_of(entry, [](float weight) { return weight != 0.0F; });
}

// How the entries of a row (of kBlock4x1F32: of four rows) are divided between chunks: a multiple
// of `together` in each, so that loops end where the processor expects it. The next entries of the
// chunks that follow are taken, too, if they are not far; what is missing then, most of all in the
// last chunk, is filled up with weights of 0 where `fills` says so.
struct RowsOfEntries {
  std::size_t together;
  bool fills;
  RunShape run;
};
constexpr RowsOfEntries rows_of_entries(WeightFormat format) {
  // Estimated from memory operations: so many in each of three rows take as long as those rows one
  // by one and a misprediction.
  constexpr std::size_t kMostFilled = 4;
  if (format == WeightFormat::kUnstructuredF32)
    return {kEntriesTogether, true, {kRowsTogether, kMostFilled * kEntriesTogether}};
  // 1x4 blocks are few enough as they are (in twos: the same), 4x1 blocks gain 1 to 3 % on Zen 3.
  if (format == WeightFormat::kBlock1x4F32) return {1, false, {kRowsTogether, kMostFilled}};
  return {4, false, {}};
}

// Packs the rows of one block, chunk by chunk in ascending order.
template <std::size_t kRows, std::size_t kCols>
class BlockPacker {
 public:
  using Entry = std::array<float, kRows * kCols>;

  BlockPacker(const PackedView& view, std::span<const float> weights, std::size_t block)
      : view_(view),
        weights_(weights),
        rows_(rows_of_block(view, block)),
        next_((rows_.end - rows_.begin + kRows - 1) / kRows) {}

  void add_chunk(std::size_t chunk, Pieces& pieces, SliceBuilder<Entry>& slice) {
    const Span cols = inputs_of_chunk(view_, chunk);
    const bool sums_begin_or_end = chunk == 0 || chunk + 1 == view_.chunks;
    for (std::size_t id = 0; id < next_.size(); ++id) {
      add_row(id, cols, slice);
      slice.end_row(id, sums_begin_or_end ? EmptyRows::kKeep : EmptyRows::kDrop);
      pieces.add(kRows * (cols.end - cols.begin));
    }
  }

 private:
  void add_row(std::size_t id, Span cols, SliceBuilder<Entry>& slice) {
    const auto [together, fills, run] = rows_of_entries(view_.format);
    // Entries beyond a chunk leave L1 sooner, and offsets have 16 bits.
    const std::size_t furthest =
        std::min({view_.cols, cols.end + view_.chunk_cols / 2, cols.begin + kMaxChunkColsF32});
    std::size_t col = std::max(next_[id], cols.begin);
    std::size_t entries = 0;
    std::size_t offset = 0;
    for (; col < cols.end || (entries % together != 0 && col < furthest); col += kCols) {
      const Entry entry = entry_at<kRows, kCols>(view_, weights_, rows_.begin + id * kRows, col);
      if (!has_nonzero(entry)) continue;
      offset = (col - cols.begin) * kPanelTokens;
      slice.add_entry(offset, entry);
      ++entries;
    }
    next_[id] = col;
    for (; fills && entries % together != 0; ++entries) slice.add_entry(offset, {});
  }

  const PackedView& view_;
  std::span<const float> weights_;
  Span rows_;
  std::vector<std::size_t> next_;  // of each row, the first input that no chunk has taken
};

// `count` of entries that there will be, but for those of zeros.
template <std::size_t kRows, std::size_t kCols>
void pack_entries(const PackedView& view, std::span<const float> weights, std::size_t count,
                  GrowingStreams& streams, Pieces pieces) {
  using Entry = std::array<float, kRows * kCols>;
  std::vector<Entry> entries;
  entries.reserve(count);
  streams.offsets.reserve(count);
  SliceBuilder<Entry> slice;
  for (std::size_t block = 0; block < view.row_blocks; ++block) {
    BlockPacker<kRows, kCols> packer(view, weights, block);
    for (std::size_t chunk = 0; chunk < view.chunks; ++chunk) {
      packer.add_chunk(chunk, pieces, slice);
      slice.end_slice(streams, entries, rows_of_entries(view.format).run);
    }
  }
  streams.values.reserve(entries.size() * kRows * kCols);
  for (const Entry& entry : entries) {
    streams.values.insert(streams.values.end(), entry.begin(), entry.end());
    pieces.add(kRows * kCols);
  }
  finish_entry_streams(streams);
}

// 0 for zeros of either sign only. Loops over integers become vectors, those over branches do not.
std::uint32_t magnitude_bits(float weight) { return std::bit_cast<std::uint32_t>(weight) << 1; }

// Nonzeros of a row, which are added to `seen` column by column.
std::uint32_t add_line(std::span<const float> line, std::span<std::uint32_t> seen) {
  std::uint32_t nonzeros = 0;
  for (std::size_t col = 0; col < line.size(); ++col) {
    const std::uint32_t bits = magnitude_bits(line[col]);
    nonzeros += bits != 0 ? 1 : 0;
    seen[col] |= bits;
  }
  return nonzeros;
}

std::uint32_t blocks_of_four(std::span<const float> line) {
  std::uint32_t blocks = 0;
  std::size_t col = 0;
  for (; col + 4 <= line.size(); col += 4) {
    const std::uint32_t bits = magnitude_bits(line[col]) | magnitude_bits(line[col + 1]) |
                               magnitude_bits(line[col + 2]) | magnitude_bits(line[col + 3]);
    blocks += bits != 0 ? 1 : 0;
  }
  std::uint32_t rest = 0;
  for (; col < line.size(); ++col) rest |= magnitude_bits(line[col]);
  return blocks + (rest != 0 ? 1 : 0);
}

void check_divisible(std::size_t cols) {
  if (cols % 4 != 0)
    throw std::invalid_argument("1x4 blocks need a multiple of 4 inputs, the matrix has " +
                                std::to_string(cols));
}

}  // namespace

// Equal chunks, so that none is short.
std::size_t f32_chunk_cols(const F32Pattern& pattern, WeightFormat format,
                           const PackOptions& options) {
  const double density = static_cast<double>(pattern.nonzeros) /
                         (static_cast<double>(pattern.rows) * static_cast<double>(pattern.cols));
  const std::size_t most = takes_one_chunk(density, pattern.cols, format)
                               ? kMaxChunkColsF32
                               : cols_filling_l1(density, format, options);
  const std::size_t chunks = (pattern.cols + most - 1) / most;
  return ((pattern.cols + chunks - 1) / chunks + 3) / 4 * 4;
}

F32Pattern pattern_f32(std::span<const float> weights, std::size_t rows, std::size_t cols,
                       const BetweenPieces& between_pieces) {
  check_matrix_shape(weights.size(), rows, cols);
  Pieces pieces(&between_pieces);
  F32Pattern pattern{.rows = rows, .cols = cols};
  std::vector<std::uint32_t> seen(cols);
  for (std::size_t row = 0; row < rows; ++row) {
    const auto line = weights.subspan(row * cols, cols);
    pattern.nonzeros += add_line(line, seen);
    pattern.blocks_1x4 += blocks_of_four(line);
    pieces.add(cols);
    if (row % 4 != 3 && row + 1 != rows) continue;
    pattern.blocks_4x1 += static_cast<std::size_t>(
        std::count_if(seen.begin(), seen.end(), [](std::uint32_t bits) { return bits != 0; }));
    std::ranges::fill(seen, 0);
  }
  return pattern;
}

PackedWeights pack_f32(WeightFormat format, std::span<const float> weights, std::size_t rows,
                       std::size_t cols, PackOptions options) {
  if (!is_float(format)) throw_wrong_format(format, "float");
  check_matrix_shape(weights.size(), rows, cols);
  const F32Pattern pattern =
      options.pattern != nullptr
          ? *options.pattern
          : pattern_f32(
                weights, rows, cols,
                options.between_pieces != nullptr ? *options.between_pieces : BetweenPieces{});
  const std::size_t block_rows =
      format == WeightFormat::kDenseF32 ? kBlockRowsDense : kBlockRowsSparse;
  const PackedView view =
      packed_layout(format, rows, cols, block_rows, f32_chunk_cols(pattern, format, options));
  GrowingStreams streams;
  const Pieces pieces(options.between_pieces);
  switch (format) {
    case WeightFormat::kUnstructuredF32:
      pack_entries<1, 1>(view, weights, pattern.nonzeros, streams, pieces);
      break;
    case WeightFormat::kBlock1x4F32:
      check_divisible(cols);
      pack_entries<1, 4>(view, weights, pattern.blocks_1x4, streams, pieces);
      break;
    case WeightFormat::kBlock4x1F32:
      pack_entries<4, 1>(view, weights, pattern.blocks_4x1, streams, pieces);
      break;
    default:
      streams.dense_f32.reserve((rows + kDenseTileF32 - 1) / kDenseTileF32 * kDenseTileF32 * cols);
      for_each_dense(
          view, kDenseTileF32, 1,
          [&](std::size_t row, std::size_t col) {
            streams.dense_f32.push_back(row < rows ? weights[row * cols + col] : 0.0F);
          },
          pieces);
  }
  return PackedWeightsBuilder::build(view, streams, pattern.nonzeros, {}, options);
}

std::vector<float> unpack_f32(const PackedWeights& packed) {
  const PackedView& view = packed.view();
  if (!is_float(view.format)) throw_wrong_format(view.format, "float");
  std::vector<float> weights(view.rows * view.cols);
  if (view.format == WeightFormat::kDenseF32) {
    const float* next = view.dense_f32;
    for_each_dense(view, kDenseTileF32, 1, [&](std::size_t row, std::size_t col) {
      if (row < view.rows) weights[row * view.cols + col] = *next;
      ++next;
    });
    return weights;
  }
  const EntryShape shape = entry_shape(view.format);
  for_each_entry(view, [&](std::size_t row, std::size_t col, std::size_t entry) {
    const float* values = view.entries.values + entry * shape.rows * shape.cols;
    for (std::size_t r = 0; r < shape.rows && row + r < view.rows; ++r)
      for (std::size_t c = 0; c < shape.cols; ++c)
        // Not what fills a row up to whole fours, at an input whose weight is in another entry.
        if (const float value = values[r * shape.cols + c]; value != 0.0F)
          weights[(row + r) * view.cols + col + c] = value;
  });
  return weights;
}

}  // namespace filigree::kernels
