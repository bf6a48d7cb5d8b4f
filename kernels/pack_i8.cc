#include <algorithm>
#include <cstdlib>
#include <limits>
#include <stdexcept>
#include <string>
#include <utility>

#include "kernels/internal/groups_i8.h"
#include "kernels/internal/packing.h"
#include "kernels/packed_weights.h"

namespace filigree::kernels {
namespace {

static_assert((kChunkColsI8 - 4) * kPanelTokens <= 0xFFFF, "offsets are 16 bits");

// Fills the entry streams with what `rest_at(row, col)` returns, split as often as needed.
template <class RestAt>
void pack_groups(const PackedView& view, GrowingStreams& streams, Pieces& pieces, RestAt rest_at) {
  SliceBuilder<std::int32_t> slice;
  for (std::size_t block = 0; block < view.row_blocks; ++block)
    for (std::size_t chunk = 0; chunk < view.chunks; ++chunk) {
      const Span rows = rows_of_block(view, block);
      const Span cols = inputs_of_chunk(view, chunk);
      const bool lists_all_rows =
          view.format == WeightFormat::kGroupsI8 && (chunk == 0 || chunk + 1 == view.chunks);
      for (std::size_t row = rows.begin; row < rows.end; ++row) {
        std::vector<Group> groups;
        for (std::size_t col = cols.begin; col < cols.end; col += 4)
          for (Quad rest = rest_at(row, col); !rest.is_zero();)
            groups.push_back({(col - cols.begin) * kPanelTokens, take_exact_part(rest)});
        const std::size_t pairs = pair_up(groups);
        for (const Group& group : groups) slice.add_entry(group.offset, group.quad.as_word());
        slice.end_row(row - rows.begin, lists_all_rows ? EmptyRows::kKeep : EmptyRows::kDrop,
                      pairs);
        pieces.add(cols.end - cols.begin);
      }
      slice.end_slice(streams, streams.groups);
    }
  finish_entry_streams(streams);
}

void pack_dense_i8(const PackedView& view, std::span<const std::int16_t> weights,
                   GrowingStreams& streams, Pieces& pieces) {
  Quad part;
  for_each_dense(
      view, kDenseTileI8, 4,
      [&](std::size_t row, std::size_t col) {
        if (col % 4 == 0) {
          Quad rest =
              row < view.rows ? quad_at(weights.subspan(row * view.cols, view.cols), col) : Quad{};
          part = take_exact_part(rest);
        }
        streams.dense_i8.push_back(static_cast<std::int8_t>(part.weights[col % 4]));
      },
      pieces);
  pack_groups(view, streams, pieces, [&](std::size_t row, std::size_t col) {
    Quad rest = quad_at(weights.subspan(row * view.cols, view.cols), col);
    take_exact_part(rest);
    return rest;
  });
}

// Throws when a weight is out of range or a row could overflow int32 for some input.
std::vector<std::int32_t> checked_row_sums(std::span<const std::int16_t> weights, std::size_t rows,
                                           std::size_t cols, Pieces& pieces) {
  std::vector<std::int32_t> sums(rows);
  for (std::size_t row = 0; row < rows; ++row) {
    std::uint64_t magnitude = 0;
    for (const std::int16_t weight : weights.subspan(row * cols, cols)) {
      if (weight < -255 || weight > 255)
        throw std::invalid_argument("int8 weight minus zero point is " + std::to_string(weight) +
                                    " in row " + std::to_string(row) + ", expected -255 to 255");
      sums[row] += weight;
      magnitude += static_cast<std::uint64_t>(std::abs(weight));
      if (magnitude * 255 > std::numeric_limits<std::int32_t>::max())
        throw std::invalid_argument("row " + std::to_string(row) + " has weights of magnitude " +
                                    std::to_string(magnitude) + " in sum, at most " +
                                    std::to_string(std::numeric_limits<std::int32_t>::max() / 255) +
                                    " cannot overflow");
    }
    pieces.add(cols);
  }
  return sums;
}

}  // namespace

PackedWeights pack_i8(WeightFormat format, std::span<const std::int16_t> weights, std::size_t rows,
                      std::size_t cols, PackOptions options) {
  check_matrix_shape(weights.size(), rows, cols);
  Pieces pieces(options.between_pieces);
  std::vector<std::int32_t> row_sums = checked_row_sums(weights, rows, cols, pieces);
  GrowingStreams streams;
  PackedView view{};
  if (format == WeightFormat::kDenseI8) {
    view = packed_layout(format, rows, cols, kBlockRowsDense, kChunkColsI8);
    pack_dense_i8(view, weights, streams, pieces);
  } else if (format == WeightFormat::kGroupsI8) {
    view = packed_layout(format, rows, cols, kBlockRowsSparse, kChunkColsI8);
    pack_groups(view, streams, pieces, [&](std::size_t row, std::size_t col) {
      return quad_at(weights.subspan(row * cols, cols), col);
    });
  } else if (format == WeightFormat::kUnstructuredI8) {
    view = packed_layout(format, rows, cols, kBlockRowsSparse, kChunkColsUnstructuredI8);
    pack_unstructured_i8(view, weights, streams, pieces);
  } else {
    throw_wrong_format(format, "int8");
  }
  const auto zeros = std::count(weights.begin(), weights.end(), std::int16_t{0});
  return PackedWeightsBuilder::build(view, streams,
                                     weights.size() - static_cast<std::size_t>(zeros),
                                     std::move(row_sums), options);
}

std::vector<std::int16_t> unpack_i8(const PackedWeights& packed) {
  const PackedView& view = packed.view();
  if (is_float(view.format)) throw_wrong_format(view.format, "int8");
  std::vector<std::int16_t> weights(view.rows * view.cols);
  const auto add = [&](std::size_t row, std::size_t col, std::int8_t part) {
    if (row >= view.rows || col >= view.cols) return;
    std::int16_t& weight = weights[row * view.cols + col];
    weight = static_cast<std::int16_t>(weight + part);
  };
  if (view.format == WeightFormat::kDenseI8) {
    const std::int8_t* next = view.dense_i8;
    for_each_dense(view, kDenseTileI8, 4,
                   [&](std::size_t row, std::size_t col) { add(row, col, *next++); });
  }
  for_each_entry(view, [&](std::size_t row, std::size_t col, std::size_t entry) {
    if (view.format == WeightFormat::kUnstructuredI8)
      return add(row, col, view.entries.weights[entry]);
    const auto word = static_cast<std::uint32_t>(view.entries.groups[entry]);
    for (std::size_t i = 0; i < 4; ++i)
      add(row, col + i, static_cast<std::int8_t>(static_cast<std::uint8_t>(word >> (8 * i))));
  });
  return weights;
}

std::size_t i8_scratch_elements(const PackedView& weights) noexcept {
  const std::size_t sums = weights.block_rows * weights.panel_tokens;
  if (weights.format != WeightFormat::kUnstructuredI8) return sums;
  const std::size_t inputs = (weights.cols + 3) / 4 * 4;
  return sums + inputs * kInputBytesUnstructuredI8 / sizeof(std::int32_t);
}

}  // namespace filigree::kernels
