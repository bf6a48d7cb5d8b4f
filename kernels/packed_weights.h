// Packed weight matrices: pack() chooses nothing, it stores what it is given in the format it is
// told; unpack() is its exact inverse. Immutable after construction, so shared by threads without
// locks. Streams are kept in files: whoever changes a byte of them raises kPackedVersion
// (loader/packed_header.h), and tests/loader/packed_bytes_test.cc fails until then.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory_resource>
#include <optional>
#include <span>
#include <vector>

#include "kernels/aligned_buffer.h"
#include "kernels/isa_kind.h"
#include "kernels/packed_view.h"

namespace filigree::kernels {

// "dense_f32", "unstructured_f32", "block_1x4_f32", "block_4x1_f32", "dense_i8", "groups_i8",
// "unstructured_i8".
const char* format_name(WeightFormat format) noexcept;

class PackedWeights {
 public:
  PackedWeights() = default;
  const PackedView& view() const noexcept { return view_; }
  WeightFormat format() const noexcept { return view_.format; }
  std::size_t rows() const noexcept { return view_.rows; }
  std::size_t cols() const noexcept { return view_.cols; }
  std::size_t nonzeros() const noexcept { return nonzeros_; }  // of the matrix, not of the format
  std::size_t bytes() const noexcept { return storage_.size(); }
  // All streams, as restore_weights() takes them.
  std::span<const std::byte> storage() const noexcept { return {storage_.data(), bytes()}; }
  // int8 only: sum over k of W[n,k], for the zero-point correction.
  std::span<const std::int32_t> row_sums() const noexcept { return row_sums_; }

 private:
  friend class PackedWeightsBuilder;
  PackedView view_{};
  AlignedBuffer storage_;
  std::size_t nonzeros_ = 0;
  std::vector<std::int32_t> row_sums_;
};

// What the choice of a format depends on.
struct F32Pattern {
  std::size_t rows = 0;
  std::size_t cols = 0;
  std::size_t nonzeros = 0;
  std::size_t blocks_1x4 = 0;  // aligned blocks with a nonzero
  std::size_t blocks_4x1 = 0;
};

struct I8Pattern {
  std::size_t rows = 0;
  std::size_t cols = 0;
  std::size_t nonzeros = 0;
  std::size_t groups_1x4 = 0;  // with a nonzero; the last of a row may hold fewer inputs
  // Of kGroupsI8, estimated from some of the rows: groups besides, which others are split into to
  // be exact, and pairs of groups that are added in 16 bits. Exact up to 31 rows.
  std::size_t split_groups = 0;
  std::size_t pairs = 0;
};

// Packing takes milliseconds, and whoever does it beside other work may want to let that go first:
// a function that is called after every kPieceWeights weights, or a row of more; it may take its
// time and must not throw. Empty: none.
using BetweenPieces = std::function<void()>;
inline constexpr std::size_t kPieceWeights = std::size_t{1} << 15;

struct PackOptions {
  // The L1 data cache to choose chunks of inputs for; 0 is that of this CPU. Never changes a bit of
  // a result.
  std::size_t l1_bytes = 0;
  // The instruction set whose kernels they are chosen for; none is the best of this CPU. As above.
  std::optional<Isa> isa = std::nullopt;
  // Where the packed streams go; null is operator new. Outlives the weights.
  std::pmr::memory_resource* memory = nullptr;
  // pack_f32: pattern_f32() of the weights, where it is known already.
  const F32Pattern* pattern = nullptr;
  const BetweenPieces* between_pieces = nullptr;  // null: none
};

// weights: row-major [rows][cols], outputs x inputs. Throws std::invalid_argument naming both
// numbers when weights.size() != rows * cols, when a dimension is 0 or too large for the format's
// indices, when the format is not one for this element type, or when kBlock1x4F32 meets a number of
// inputs that 4 does not divide.
PackedWeights pack_f32(WeightFormat format, std::span<const float> weights, std::size_t rows,
                       std::size_t cols, PackOptions options = {});
// Weights minus their zero point, each in [-255, 255]; a weight is zero when it equals its zero
// point.
PackedWeights pack_i8(WeightFormat format, std::span<const std::int16_t> weights, std::size_t rows,
                      std::size_t cols, PackOptions options = {});

std::vector<float> unpack_f32(const PackedWeights& packed);
std::vector<std::int16_t> unpack_i8(const PackedWeights& packed);

// What a packed matrix is besides its storage.
struct PackedShape {
  WeightFormat format{};
  std::size_t rows = 0;
  std::size_t cols = 0;
  std::size_t chunk_cols = 0;
  std::size_t nonzeros = 0;
};

// Bytes of storage that a matrix of this shape has at least; grows with rows * cols for dense
// formats only. Throws std::invalid_argument for a shape that pack_f32 or pack_i8 cannot have made.
std::size_t least_storage_bytes(const PackedShape& shape);

// The weights whose `storage` was stored byte by byte by a process of the same byte order, from an
// untrusted source. Throws std::invalid_argument that says what is wrong unless every index in it
// lies where pack_f32 or pack_i8 would put one: kernels then stay inside of the storage, of the
// panels and of the scratch of a matrix of that shape, whatever the values of the weights are. The
// values are not checked, nor `nonzeros` and `row_sums` beyond their number.
PackedWeights restore_weights(const PackedShape& shape, AlignedBuffer storage,
                              std::vector<std::int32_t> row_sums,
                              const BetweenPieces& between_pieces = {});

// The same weights in memory of `memory`, which outlives them. Throws what it throws.
PackedWeights copy_weights(const PackedWeights& weights, std::pmr::memory_resource& memory,
                           const BetweenPieces& between_pieces = {});

// int32 elements that LinearI8Args::scratch needs for these weights.
std::size_t i8_scratch_elements(const PackedView& weights) noexcept;

// Throws std::invalid_argument as pack_f32 does.
F32Pattern pattern_f32(std::span<const float> weights, std::size_t rows, std::size_t cols,
                       const BetweenPieces& between_pieces = {});
// Requires weights.size() == rows * cols.
I8Pattern pattern_i8(std::span<const std::int16_t> weights, std::size_t rows, std::size_t cols,
                     const BetweenPieces& between_pieces = {});

// What a matrix is expected to cost in a format on one panel of 64 tokens, in the time of one
// weight of a dense tile (int8: of one quad of weights), by the measurements in bench/RESULTS.md;
// infinity in a format that cannot hold it, or that `isa` has no fast kernel for.
struct FormatCost {
  WeightFormat format;
  double cost;
};
std::array<FormatCost, 4> f32_format_costs(const F32Pattern& pattern, Isa isa) noexcept;
std::array<FormatCost, 3> i8_format_costs(const I8Pattern& pattern, Isa isa) noexcept;

// The format of the least cost (dense where none is less) for a matrix with the kernels of `isa`.
// Depends on the matrix and `isa`, never on the number of tokens.
WeightFormat choose_f32_format(const F32Pattern& pattern, Isa isa) noexcept;
WeightFormat choose_i8_format(const I8Pattern& pattern, Isa isa) noexcept;

}  // namespace filigree::kernels
