// kUnstructuredI8: the nonzeros of each row, filled up to whole fours.
#include <algorithm>
#include <cstdlib>
#include <vector>

#include "kernels/internal/packing.h"

namespace filigree::kernels {
namespace {

static_assert((kChunkColsUnstructuredI8 - 1) * kInputBytesUnstructuredI8 <= 0xFFFF,
              "offsets are 16 bits");

struct Entry {
  std::size_t offset;
  std::int32_t weight;
};

// One row of one slice, in pairs that vpmaddubsw multiplies without saturating: weights of opposite
// signs, then large ones with small ones of the same sign while their magnitudes sum to 128 at
// most, or alone. A weight outside of s8 becomes several entries of one input.
void add_row(std::span<const std::int16_t> weights, SliceBuilder<std::int8_t>& slice) {
  std::vector<Entry> of_sign[2];
  for (std::size_t col = 0; col < weights.size(); ++col)
    for (std::int32_t rest = weights[col]; rest != 0;) {
      const std::int32_t part = std::clamp(rest, -128, 127);
      of_sign[part < 0].push_back({col * kInputBytesUnstructuredI8, part});
      rest -= part;
    }
  std::size_t entries = 0;
  std::size_t last_offset = 0;
  const auto add = [&](const Entry& entry) {
    slice.add_entry(entry.offset, static_cast<std::int8_t>(entry.weight));
    last_offset = entry.offset;
    ++entries;
  };
  const std::size_t both = std::min(of_sign[0].size(), of_sign[1].size());
  const auto is_smaller = [](const Entry& a, const Entry& b) {
    return std::abs(a.weight) < std::abs(b.weight);
  };
  std::vector<Entry>& more = of_sign[of_sign[1].size() > both];
  // The largest ones meet the other sign.
  std::stable_sort(more.begin(), more.end(), is_smaller);
  for (std::size_t i = 0; i < both; ++i) {
    add(of_sign[0][of_sign[0].size() - 1 - i]);
    add(of_sign[1][of_sign[1].size() - 1 - i]);
  }
  std::size_t first = 0;
  for (std::size_t last = more.size() - both; last > first;) {
    const Entry& large = more[--last];
    add(large);
    if (first < last && std::abs(large.weight) + std::abs(more[first].weight) <= 128)
      add(more[first++]);
    else
      add({large.offset, 0});
  }
  // The input of the last one again, which is in L1.
  while (entries % kEntriesTogether != 0) add({last_offset, 0});
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
