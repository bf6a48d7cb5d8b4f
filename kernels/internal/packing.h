// Streams of packed weights while they grow, and what is shared between packing and unpacking. Cold
// code.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "kernels/internal/packed_walk.h"
#include "kernels/packed_weights.h"

namespace filigree::kernels {

struct GrowingStreams {
  std::vector<float> dense_f32;
  std::vector<std::int8_t> dense_i8;
  std::vector<SliceStart> starts;
  std::vector<Run> runs;
  std::vector<std::uint16_t> row_ids;
  std::vector<std::uint16_t> offsets;
  std::vector<float> values;
  std::vector<std::int32_t> groups;
  std::vector<std::int8_t> weights_i8;
};

// Counts weights, and calls a function after each piece of them.
class Pieces {
 public:
  Pieces() = default;
  explicit Pieces(const BetweenPieces* between) : between_(between) {}

  void add(std::size_t weights) {
    done_ += weights;
    if (done_ < kPieceWeights) return;
    done_ = 0;
    if (between_ != nullptr && *between_) (*between_)();
  }

 private:
  const BetweenPieces* between_ = nullptr;
  std::size_t done_ = 0;
};

enum class EmptyRows { kDrop, kKeep };

// The rows of a run: all that are equally long, or, unless `count` is 0, the next so many, of which
// each is filled up to the longest by `most_filled` entries at most.
struct RunShape {
  std::size_t count = 0;
  std::size_t most_filled = 0;
};

// Collects the entries of one slice row by row, then appends them to the streams sorted into runs.
template <class Payload>
class SliceBuilder {
 public:
  void add_entry(std::size_t offset, Payload payload);
  // The first 2 * pairs entries of the row are pairs.
  void end_row(std::size_t row_id, EmptyRows empty_rows, std::size_t pairs = 0);
  // `payloads` is the stream of `streams` that takes the payloads.
  void end_slice(GrowingStreams& streams, std::vector<Payload>& payloads, RunShape shape = {});

 private:
  struct Entry {
    std::uint16_t offset;
    Payload payload;
  };
  struct Row {
    std::uint16_t id;
    std::size_t first;
    std::size_t entries;
    std::size_t pairs;
  };

  bool joins_run(const Row& row, const Run& run, RunShape shape) const;
  // With payloads of 0 from its last entry on, so that it has as many as its run says.
  void append(const Row& row, GrowingStreams& streams, std::vector<Payload>& payloads) const;

  std::vector<Entry> entries_;
  std::vector<Row> rows_;
  std::size_t row_first_ = 0;
};

class PackedWeightsBuilder {
 public:
  // Copies the streams into one allocation that `view` then points to.
  static PackedWeights build(PackedView view, const GrowingStreams& streams, std::size_t nonzeros,
                             std::vector<std::int32_t> row_sums, const PackOptions& options);
  // `view` points into `storage`.
  static PackedWeights adopt(PackedView view, AlignedBuffer storage, std::size_t nonzeros,
                             std::vector<std::int32_t> row_sums) noexcept;
};

// Throws std::invalid_argument unless `elements` is rows * cols, both positive.
void check_matrix_shape(std::size_t elements, std::size_t rows, std::size_t cols);
[[noreturn]] void throw_wrong_format(WeightFormat format, const char* element);

// Inputs of a chunk of int8 weights: 112 quads of 64 tokens are 28 KB (of 80, 35 KB), which leaves
// room for weights and sums in a 32 KB L1.
inline constexpr std::size_t kChunkColsI8 = 4 * 112;
// kUnstructuredI8, 48 KB of tokens: a row costs more than inputs that come from L2 (768 inputs in
// one chunk are 10 % faster than in two).
inline constexpr std::size_t kChunkColsUnstructuredI8 = 768;

constexpr std::size_t chunk_cols_i8(WeightFormat format) {
  return format == WeightFormat::kUnstructuredI8 ? kChunkColsUnstructuredI8 : kChunkColsI8;
}

// Rows of a row block. Sparse fp32: the chunk of X is read again for every row block, and sorted
// runs are longer in taller blocks (192 rows lose 3 %); shorter blocks split work more evenly. Rows
// of int8 groups whose outputs are requantised stay in groups of four.
inline constexpr std::size_t kBlockRowsSparse = kMaxBlockRows;
inline constexpr std::size_t kBlockRowsDense = 96;
static_assert(kBlockRowsSparse % 4 == 0 && kBlockRowsDense % kDenseTileF32 == 0 &&
              kBlockRowsDense % kDenseTileI8 == 0);

// fp32 offsets are 16 bits, chunks whole blocks.
inline constexpr std::size_t kMaxChunkColsF32 = 0x10000 / kPanelTokens / 4 * 4;

// Inputs of a chunk of fp32 weights; of the options what chunks are chosen for.
std::size_t f32_chunk_cols(const F32Pattern& pattern, WeightFormat format,
                           const PackOptions& options);

// A view without streams.
PackedView packed_layout(WeightFormat format, std::size_t rows, std::size_t cols,
                         std::size_t block_rows, std::size_t chunk_cols);

// Fills the entry streams of kUnstructuredI8.
void pack_unstructured_i8(const PackedView& view, std::span<const std::int16_t> weights,
                          GrowingStreams& streams, Pieces& pieces);

// Ends the last slice and pads what kernels read ahead. All payloads are in their streams.
void finish_entry_streams(GrowingStreams& streams);

// Calls visit(row, input) in the order in which dense tiles store their weights: rows up to the end
// of the last tile, `group` inputs together, up to the end of the last group.
template <class Visit>
void for_each_dense(const PackedView& view, std::size_t tile_rows, std::size_t group, Visit visit,
                    Pieces pieces = {}) {
  for (std::size_t block = 0; block < view.row_blocks; ++block) {
    const Span rows = rows_of_block(view, block);
    for (std::size_t chunk = 0; chunk < view.chunks; ++chunk) {
      const Span cols = inputs_of_chunk(view, chunk);
      for (std::size_t tile = rows.begin; tile < rows.end; tile += tile_rows) {
        for (std::size_t col = cols.begin; col < cols.end; col += group)
          for (std::size_t row = tile; row < tile + tile_rows; ++row)
            for (std::size_t i = 0; i < group; ++i) visit(row, col + i);
        pieces.add(tile_rows * (cols.end - cols.begin));
      }
    }
  }
}

// Calls visit(first row, first input, entry index) for every entry.
template <class Visit>
void for_each_entry(const PackedView& view, Visit visit) {
  const std::size_t input_step =
      view.format == WeightFormat::kUnstructuredI8 ? kInputBytesUnstructuredI8 : view.panel_tokens;
  const std::size_t rows_of_id = entry_shape(view.format).rows;
  for (std::size_t slice = 0; slice < view.row_blocks * view.chunks; ++slice) {
    const std::size_t first_row = rows_of_block(view, slice / view.chunks).begin;
    const std::size_t first_col = inputs_of_chunk(view, slice % view.chunks).begin;
    const SliceStart& start = view.entries.starts[slice];
    std::size_t row = start.row;
    std::size_t entry = start.entry;
    for (std::size_t run = start.run; run < view.entries.starts[slice + 1].run; ++run)
      for (std::size_t i = 0; i < view.entries.runs[run].rows; ++i, ++row)
        for (std::size_t e = 0; e < view.entries.runs[run].entries; ++e, ++entry)
          visit(first_row + rows_of_id * view.entries.row_ids[row],
                first_col + view.entries.offsets[entry] / input_step, entry);
  }
}

}  // namespace filigree::kernels
