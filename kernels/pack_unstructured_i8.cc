// kUnstructuredI8: the nonzeros of each row, filled up to whole fours.
#include <algorithm>

#include "kernels/internal/packing.h"

namespace filigree::kernels {
namespace {

static_assert((kChunkColsUnstructuredI8 - 1) * kInputBytesUnstructuredI8 <= 0xFFFF,
              "offsets are 16 bits");

// One row of one slice. A weight outside of s8 becomes two entries of one input that add up to it.
void add_row(std::span<const std::int16_t> weights, SliceBuilder<std::int8_t>& slice) {
  std::size_t entries = 0;
  std::size_t offset = 0;
  const auto add = [&](std::int32_t weight) {
    slice.add_entry(offset, static_cast<std::int8_t>(weight));
    ++entries;
  };
  for (std::size_t col = 0; col < weights.size(); ++col)
    for (std::int32_t rest = weights[col]; rest != 0;) {
      offset = col * kInputBytesUnstructuredI8;
      const std::int32_t part = std::clamp(rest, -128, 127);
      add(part);
      rest -= part;
    }
  // The input of the last one again, which is in L1.
  while (entries % kEntriesTogether != 0) add(0);
}

}  // namespace

void pack_unstructured_i8(const PackedView& view, std::span<const std::int16_t> weights,
                          GrowingStreams& streams, Pieces& pieces) {
  SliceBuilder<std::int8_t> slice;
  for (std::size_t block = 0; block < view.row_blocks; ++block)
    for (std::size_t chunk = 0; chunk < view.chunks; ++chunk) {
      const Span rows = rows_of_block(view, block);
      const Span cols = inputs_of_chunk(view, chunk);
      const bool lists_all_rows = chunk == 0 || chunk + 1 == view.chunks;
      for (std::size_t row = rows.begin; row < rows.end; ++row) {
        add_row(weights.subspan(row * view.cols + cols.begin, cols.end - cols.begin), slice);
        slice.end_row(row - rows.begin, lists_all_rows ? EmptyRows::kKeep : EmptyRows::kDrop);
        pieces.add(cols.end - cols.begin);
      }
      slice.end_slice(streams, streams.weights_i8);
    }
  finish_entry_streams(streams);
}

}  // namespace filigree::kernels
