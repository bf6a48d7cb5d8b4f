// Packed weights from bytes of an untrusted source: where each stream lies follows from the shape
// and the last slice start, then every index is checked once.
#include <algorithm>
#include <array>
#include <stdexcept>
#include <string>
#include <utility>

#include "kernels/internal/packing.h"
#include "kernels/packed_weights.h"

namespace filigree::kernels {
namespace {

// Streams are addressed by std::size_t products of these without overflow.
constexpr std::size_t kMaxDimension = std::size_t{1} << 24;
constexpr std::size_t kMaxEntries = std::size_t{1} << 40;

// From input to input of fp32, from quad to quad of int8 groups.
std::size_t offset_step(WeightFormat format) {
  if (is_float(format)) return kPanelTokens;
  return format == WeightFormat::kUnstructuredI8 ? kInputBytesUnstructuredI8 : kPanelTokens * 4;
}

[[noreturn]] void reject(const std::string& what) {
  throw std::invalid_argument("packed weights: " + what);
}

std::size_t padded(std::size_t bytes) {
  constexpr std::size_t kAlignment = AlignedBuffer::kAlignment;
  return (bytes + kAlignment - 1) / kAlignment * kAlignment;
}

bool in_fours(WeightFormat format) {
  return format == WeightFormat::kUnstructuredF32 || format == WeightFormat::kUnstructuredI8;
}

bool is_dense(WeightFormat format) {
  return format == WeightFormat::kDenseF32 || format == WeightFormat::kDenseI8;
}

std::size_t dense_bytes(const PackedView& view) {
  if (!is_dense(view.format)) return 0;
  const bool is_f32 = view.format == WeightFormat::kDenseF32;
  const std::size_t tile = is_f32 ? kDenseTileF32 : kDenseTileI8;
  const std::size_t rows = (view.rows + tile - 1) / tile * tile;
  return padded(is_f32 ? rows * view.cols * sizeof(float) : rows * ((view.cols + 3) / 4 * 4));
}

std::size_t starts_of(const PackedView& view) {
  return view.format == WeightFormat::kDenseF32 ? 0 : view.row_blocks * view.chunks + 1;
}

PackedView layout_of(const PackedShape& shape) {
  const auto format = static_cast<std::size_t>(shape.format);
  if (format >= kWeightFormats) reject("unknown format " + std::to_string(format));
  if (shape.rows == 0 || shape.cols == 0 || shape.rows > kMaxDimension ||
      shape.cols > kMaxDimension)
    reject("matrix of " + std::to_string(shape.rows) + " x " + std::to_string(shape.cols));
  const bool is_f32 = is_float(shape.format);
  const bool chunk_fits = is_f32 ? shape.chunk_cols >= 4 && shape.chunk_cols % 4 == 0 &&
                                       shape.chunk_cols <= kMaxChunkColsF32
                                 : shape.chunk_cols == chunk_cols_i8(shape.format);
  if (!chunk_fits) reject("chunks of " + std::to_string(shape.chunk_cols) + " inputs");
  if (shape.format == WeightFormat::kBlock1x4F32 && shape.cols % 4 != 0)
    reject("1x4 blocks with " + std::to_string(shape.cols) + " inputs");
  return packed_layout(shape.format, shape.rows, shape.cols,
                       is_dense(shape.format) ? kBlockRowsDense : kBlockRowsSparse,
                       shape.chunk_cols);
}

// Gives out consecutive streams.
class StorageReader {
 public:
  explicit StorageReader(const AlignedBuffer& storage)
      : at_(storage.data()), left_(storage.size()) {}

  // Null for no elements.
  template <class T>
  const T* take(std::size_t count) {
    const std::size_t bytes = padded(count * sizeof(T));
    if (bytes > left_) reject("storage ends inside of a stream");
    const T* stream = count == 0 ? nullptr : reinterpret_cast<const T*>(at_);
    at_ += bytes;
    left_ -= bytes;
    return stream;
  }
  void expect_end() const {
    if (left_ != 0) reject(std::to_string(left_) + " bytes of storage are left");
  }

 private:
  const std::byte* at_;
  std::size_t left_;
};

PackedView place_streams(PackedView view, const AlignedBuffer& storage) {
  StorageReader reader(storage);
  if (view.format == WeightFormat::kDenseF32)
    view.dense_f32 = reader.take<float>(dense_bytes(view) / sizeof(float));
  if (view.format == WeightFormat::kDenseI8)
    view.dense_i8 = reader.take<std::int8_t>(dense_bytes(view));
  if (const std::size_t starts = starts_of(view); starts > 0) {
    view.entries.starts = reader.take<SliceStart>(starts);
    const SliceStart& last = view.entries.starts[starts - 1];
    if (std::max({last.run, last.row, last.entry}) > kMaxEntries)
      reject("a stream of more than " + std::to_string(kMaxEntries) + " elements");
    view.entries.runs = reader.take<Run>(last.run);
    view.entries.row_ids = reader.take<std::uint16_t>(last.row + kRowIdPadding);
    view.entries.offsets = reader.take<std::uint16_t>(last.entry);
    const EntryShape shape = entry_shape(view.format);
    if (view.format == WeightFormat::kUnstructuredI8)
      view.entries.weights = reader.take<std::int8_t>(last.entry);
    else if (!is_float(view.format))
      view.entries.groups = reader.take<std::int32_t>(last.entry);
    else
      view.entries.values = reader.take<float>(last.entry * shape.rows * shape.cols);
  }
  reader.expect_end();
  return view;
}

// Of one slice, which lies inside of the streams.
class SliceCheck {
 public:
  SliceCheck(const PackedView& view, std::size_t block, std::size_t chunk)
      : view_(view), block_(block), chunk_(chunk) {
    const SliceStart* start = view.entries.starts + block * view.chunks + chunk;
    begin_ = start[0];
    end_ = start[1];
  }

  void run() const {
    check_runs();
    check_rows();
    check_offsets();
  }

 private:
  [[noreturn]] void fail(const std::string& what) const {
    reject("slice of row block " + std::to_string(block_) + " and chunk " + std::to_string(chunk_) +
           " " + what);
  }

  void check_runs() const {
    std::size_t rows = 0;
    std::size_t entries = 0;
    for (std::size_t i = begin_.run; i < end_.run; ++i) {
      const Run& run = view_.entries.runs[i];
      if (2 * std::size_t{run.pairs} > run.entries) fail("has more pairs than entries");
      if (in_fours(view_.format) && run.entries % kEntriesTogether != 0)
        fail("has a row of " + std::to_string(run.entries) + " entries, expected whole fours");
      rows += run.rows;
      entries += std::size_t{run.rows} * run.entries;
    }
    if (rows != end_.row - begin_.row || entries != end_.entry - begin_.entry)
      fail("has runs of other lengths than itself");
  }

  // The first and the last chunk of a sparse format list each row once: sums begin and end there.
  void check_rows() const {
    const Span rows = rows_of_block(view_, block_);
    const std::size_t of_entry = entry_shape(view_.format).rows;
    const std::size_t ids = (rows.end - rows.begin + of_entry - 1) / of_entry;
    std::array<bool, kMaxBlockRows> listed{};
    for (std::size_t i = begin_.row; i < end_.row; ++i) {
      const std::size_t id = view_.entries.row_ids[i];
      if (id >= ids) fail("has row " + std::to_string(id) + " of " + std::to_string(ids));
      if (std::exchange(listed[id], true)) fail("lists row " + std::to_string(id) + " twice");
    }
    const bool lists_all = !is_dense(view_.format) && (chunk_ == 0 || chunk_ + 1 == view_.chunks);
    if (lists_all && end_.row - begin_.row != ids) fail("does not list all of its rows");
  }

  void check_offsets() const {
    Span cols = inputs_of_chunk(view_, chunk_);
    // Rows of fp32 entries take some of the chunks that follow.
    if (is_float(view_.format)) cols.end = view_.cols;
    // Of int8 groups whole quads, to which their panels are padded.
    const bool in_quads = view_.format == WeightFormat::kGroupsI8 || is_dense(view_.format);
    const std::size_t inputs = in_quads ? (cols.end - cols.begin + 3) / 4 : cols.end - cols.begin;
    const std::size_t cols_of_entry = in_quads ? 1 : entry_shape(view_.format).cols;
    const std::size_t step = offset_step(view_.format);
    std::uint16_t between = 0;
    std::uint16_t largest = 0;
    const std::uint16_t* const end = view_.entries.offsets + end_.entry;
    for (const std::uint16_t* offset = view_.entries.offsets + begin_.entry; offset != end;
         ++offset) {
      between = static_cast<std::uint16_t>(between | *offset % step);
      largest = std::max(largest, *offset);
    }
    if (between != 0) fail("has an entry between two inputs");
    if (begin_.entry != end_.entry && largest / step + cols_of_entry > inputs)
      fail("has an entry beyond its inputs");
  }

  const PackedView& view_;
  std::size_t block_;
  std::size_t chunk_;
  SliceStart begin_;
  SliceStart end_;
};

void check_entries(const PackedView& view, Pieces pieces) {
  const EntryStreams& entries = view.entries;
  if (entries.starts[0].run != 0 || entries.starts[0].row != 0 || entries.starts[0].entry != 0)
    reject("the first slice does not begin at 0");
  // First all starts: what a slice reads must lie before the last one.
  const auto descends = [](const SliceStart& a, const SliceStart& b) {
    return a.run > b.run || a.row > b.row || a.entry > b.entry;
  };
  const SliceStart* const end = entries.starts + starts_of(view);
  if (std::adjacent_find(entries.starts, end, descends) != end)
    reject("slices are not in ascending order");
  for (std::size_t block = 0; block < view.row_blocks; ++block)
    for (std::size_t chunk = 0; chunk < view.chunks; ++chunk) {
      SliceCheck(view, block, chunk).run();
      pieces.add(view.block_rows * view.chunk_cols);
    }
  const std::uint16_t* padding = entries.row_ids + end[-1].row;
  if (std::any_of(padding, padding + kRowIdPadding, [](std::uint16_t id) { return id != 0; }))
    reject("padding of row ids is not 0");
}

}  // namespace

std::size_t least_storage_bytes(const PackedShape& shape) {
  const PackedView view = layout_of(shape);
  const std::size_t starts = starts_of(view);
  return dense_bytes(view) + padded(starts * sizeof(SliceStart)) +
         (starts == 0 ? 0 : padded(kRowIdPadding * sizeof(std::uint16_t)));
}

PackedWeights restore_weights(const PackedShape& shape, AlignedBuffer storage,
                              std::vector<std::int32_t> row_sums,
                              const BetweenPieces& between_pieces) {
  const PackedView view = place_streams(layout_of(shape), storage);
  if (starts_of(view) > 0) check_entries(view, Pieces(&between_pieces));
  if (row_sums.size() != (is_float(shape.format) ? 0 : shape.rows))
    reject(std::to_string(row_sums.size()) + " row sums for " + std::to_string(shape.rows) +
           " rows");
  return PackedWeightsBuilder::adopt(view, std::move(storage), shape.nonzeros, std::move(row_sums));
}

}  // namespace filigree::kernels
