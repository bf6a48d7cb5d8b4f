#include "kernels/internal/packing.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <cstring>
#include <limits>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>

namespace filigree::kernels {
namespace {

template <class T>
std::size_t padded_bytes(const std::vector<T>& stream) {
  constexpr std::size_t kAlignment = AlignedBuffer::kAlignment;
  return (stream.size() * sizeof(T) + kAlignment - 1) / kAlignment * kAlignment;
}

void copy_in_pieces(const std::byte* from, std::size_t bytes, std::byte* to,
                    const BetweenPieces* between_pieces) {
  constexpr std::size_t kPieceBytes = kPieceWeights * sizeof(float);
  Pieces pieces(between_pieces);
  for (std::size_t offset = 0; offset < bytes; offset += kPieceBytes) {
    std::memcpy(to + offset, from + offset, std::min(kPieceBytes, bytes - offset));
    pieces.add(kPieceWeights);
  }
}

// Copies `stream` to `at`, which moves past it and its padding of zeros; null for an empty stream.
template <class T>
const T* place(const std::vector<T>& stream, std::byte*& at, const BetweenPieces* between_pieces) {
  if (stream.empty()) return nullptr;
  const std::size_t bytes = stream.size() * sizeof(T);
  copy_in_pieces(reinterpret_cast<const std::byte*>(stream.data()), bytes, at, between_pieces);
  std::memset(at + bytes, 0, padded_bytes(stream) - bytes);
  const T* placed = reinterpret_cast<const T*>(at);
  at += padded_bytes(stream);
  return placed;
}

std::uint16_t narrow_u16(std::size_t value) {
  // Blocks and chunks are chosen so that every index fits; pack_f32.cc and pack_i8.cc assert it.
  assert(value <= std::numeric_limits<std::uint16_t>::max());
  return static_cast<std::uint16_t>(value);
}

}  // namespace

template <class Payload>
void SliceBuilder<Payload>::add_entry(std::size_t offset, Payload payload) {
  entries_.push_back({narrow_u16(offset), payload});
}

template <class Payload>
void SliceBuilder<Payload>::end_row(std::size_t row_id, EmptyRows empty_rows, std::size_t pairs) {
  const std::size_t entries = entries_.size() - row_first_;
  if (entries > 0 || empty_rows == EmptyRows::kKeep)
    rows_.push_back({narrow_u16(row_id), row_first_, entries, pairs});
  row_first_ = entries_.size();
}

template <class Payload>
bool SliceBuilder<Payload>::joins_run(const Row& row, const Run& run, RunShape shape) const {
  if (shape.count == 0) return run.entries == row.entries && run.pairs == row.pairs;
  return run.rows < shape.count && run.entries - row.entries <= shape.most_filled;
}

template <class Payload>
void SliceBuilder<Payload>::append(const Row& row, GrowingStreams& streams,
                                   std::vector<Payload>& payloads) const {
  std::uint16_t offset = 0;
  for (std::size_t e = 0; e < streams.runs.back().entries; ++e) {
    const bool fills = e >= row.entries;
    if (!fills) offset = entries_[row.first + e].offset;
    streams.offsets.push_back(offset);
    payloads.push_back(fills ? Payload{} : entries_[row.first + e].payload);
  }
}

template <class Payload>
void SliceBuilder<Payload>::end_slice(GrowingStreams& streams, std::vector<Payload>& payloads,
                                      RunShape shape) {
  streams.starts.push_back({streams.runs.size(), streams.row_ids.size(), streams.offsets.size()});
  const auto length = [](const Row& row) { return std::pair(row.entries, row.pairs); };
  std::stable_sort(rows_.begin(), rows_.end(),
                   [&](const Row& a, const Row& b) { return length(a) > length(b); });
  for (std::size_t i = 0; i < rows_.size(); ++i) {
    const Row& row = rows_[i];
    if (i == 0 || !joins_run(row, streams.runs.back(), shape))
      streams.runs.push_back({0, narrow_u16(row.entries), narrow_u16(row.pairs)});
    ++streams.runs.back().rows;
    streams.row_ids.push_back(row.id);
    append(row, streams, payloads);
  }
  entries_.clear();
  rows_.clear();
  row_first_ = 0;
}

template class SliceBuilder<std::array<float, 1>>;
template class SliceBuilder<std::array<float, 4>>;
template class SliceBuilder<std::int32_t>;
template class SliceBuilder<std::int8_t>;

PackedWeights PackedWeightsBuilder::build(PackedView view, const GrowingStreams& streams,
                                          std::size_t nonzeros, std::vector<std::int32_t> row_sums,
                                          const PackOptions& options) {
  PackedWeights packed;
  const std::size_t bytes = padded_bytes(streams.dense_f32) + padded_bytes(streams.dense_i8) +
                            padded_bytes(streams.starts) + padded_bytes(streams.runs) +
                            padded_bytes(streams.row_ids) + padded_bytes(streams.offsets) +
                            padded_bytes(streams.values) + padded_bytes(streams.groups) +
                            padded_bytes(streams.weights_i8);
  std::pmr::memory_resource& memory =
      options.memory != nullptr ? *options.memory : *std::pmr::new_delete_resource();
  auto* at = static_cast<std::byte*>(memory.allocate(bytes, AlignedBuffer::kAlignment));
  packed.storage_ = AlignedBuffer(at, bytes, memory);
  const auto placed = [&](const auto& stream) { return place(stream, at, options.between_pieces); };
  view.dense_f32 = placed(streams.dense_f32);
  view.dense_i8 = placed(streams.dense_i8);
  view.entries.starts = placed(streams.starts);
  view.entries.runs = placed(streams.runs);
  view.entries.row_ids = placed(streams.row_ids);
  view.entries.offsets = placed(streams.offsets);
  view.entries.values = placed(streams.values);
  view.entries.groups = placed(streams.groups);
  view.entries.weights = placed(streams.weights_i8);
  packed.view_ = view;
  packed.nonzeros_ = nonzeros;
  packed.row_sums_ = std::move(row_sums);
  return packed;
}

PackedWeights PackedWeightsBuilder::adopt(PackedView view, AlignedBuffer storage,
                                          std::size_t nonzeros,
                                          std::vector<std::int32_t> row_sums) noexcept {
  PackedWeights packed;
  packed.storage_ = std::move(storage);
  packed.view_ = view;
  packed.nonzeros_ = nonzeros;
  packed.row_sums_ = std::move(row_sums);
  return packed;
}

PackedWeights copy_weights(const PackedWeights& weights, std::pmr::memory_resource& memory,
                           const BetweenPieces& between_pieces) {
  const std::span<const std::byte> from = weights.storage();
  auto* const data =
      static_cast<std::byte*>(memory.allocate(from.size(), AlignedBuffer::kAlignment));
  copy_in_pieces(from.data(), from.size(), data, &between_pieces);
  PackedView view = weights.view();
  const auto move = [&](auto*& stream) {
    if (stream == nullptr) return;
    const std::byte* const at = data + (reinterpret_cast<const std::byte*>(stream) - from.data());
    stream = reinterpret_cast<std::remove_reference_t<decltype(stream)>>(at);
  };
  move(view.dense_f32);
  move(view.dense_i8);
  move(view.entries.starts);
  move(view.entries.runs);
  move(view.entries.row_ids);
  move(view.entries.offsets);
  move(view.entries.values);
  move(view.entries.groups);
  move(view.entries.weights);
  return PackedWeightsBuilder::adopt(view, AlignedBuffer(data, from.size(), memory),
                                     weights.nonzeros(),
                                     {weights.row_sums().begin(), weights.row_sums().end()});
}

void check_matrix_shape(std::size_t elements, std::size_t rows, std::size_t cols) {
  const std::string shape = std::to_string(rows) + " x " + std::to_string(cols);
  std::size_t expected = 0;
  if (rows == 0 || cols == 0) throw std::invalid_argument("weight matrix is empty: " + shape);
  if (__builtin_mul_overflow(rows, cols, &expected) ||
      expected > std::numeric_limits<std::ptrdiff_t>::max() / sizeof(float))
    throw std::invalid_argument("weight matrix is too large: " + shape);
  if (elements != expected)
    throw std::invalid_argument("weight matrix has " + std::to_string(elements) +
                                " elements, expected " + std::to_string(expected) + " for shape " +
                                shape);
}

const char* format_name(WeightFormat format) noexcept {
  switch (format) {
    case WeightFormat::kDenseF32:
      return "dense_f32";
    case WeightFormat::kUnstructuredF32:
      return "unstructured_f32";
    case WeightFormat::kBlock1x4F32:
      return "block_1x4_f32";
    case WeightFormat::kBlock4x1F32:
      return "block_4x1_f32";
    case WeightFormat::kDenseI8:
      return "dense_i8";
    case WeightFormat::kGroupsI8:
      return "groups_i8";
    case WeightFormat::kUnstructuredI8:
      return "unstructured_i8";
  }
  return "unknown";
}

[[noreturn]] void throw_wrong_format(WeightFormat format, const char* element) {
  throw std::invalid_argument("weight format " + std::string(format_name(format)) +
                              " does not hold " + element + " weights");
}

PackedView packed_layout(WeightFormat format, std::size_t rows, std::size_t cols,
                         std::size_t block_rows, std::size_t chunk_cols) {
  PackedView view{};
  view.format = format;
  view.rows = rows;
  view.cols = cols;
  view.block_rows = block_rows;
  view.row_blocks = (rows + block_rows - 1) / block_rows;
  view.chunk_cols = chunk_cols;
  view.chunks = (cols + chunk_cols - 1) / chunk_cols;
  view.panel_tokens = kPanelTokens;
  return view;
}

void finish_entry_streams(GrowingStreams& streams) {
  streams.starts.push_back({streams.runs.size(), streams.row_ids.size(), streams.offsets.size()});
  streams.row_ids.resize(streams.row_ids.size() + kRowIdPadding);
}

}  // namespace filigree::kernels
