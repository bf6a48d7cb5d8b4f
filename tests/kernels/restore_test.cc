// Packed weights from stored bytes: the same weights, or a reason.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <stdexcept>
#include <string>

#include "kernels/packed_weights.h"
#include "tests/kernels/linear_support.h"

namespace filigree::kernels::testing {
namespace {

AlignedBuffer copy_of(std::span<const std::byte> bytes) {
  AlignedBuffer copy(bytes.size());
  std::memcpy(copy.data(), bytes.data(), bytes.size());
  return copy;
}

PackedShape shape_of(const PackedWeights& packed) {
  return {packed.format(), packed.rows(), packed.cols(), packed.view().chunk_cols,
          packed.nonzeros()};
}

PackedWeights restored(const PackedWeights& packed, AlignedBuffer storage) {
  return restore_weights(shape_of(packed), std::move(storage),
                         {packed.row_sums().begin(), packed.row_sums().end()});
}

std::string message(const PackedWeights& packed, AlignedBuffer storage) {
  try {
    restored(packed, std::move(storage));
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
  return "nothing thrown";
}

// One matrix of each format, of several row blocks and chunks.
std::vector<PackedWeights> one_of_each_format() {
  constexpr Shape kShape{389, 900};
  Random random(7);
  const std::vector<float> floats = random_f32(random, kShape, 0.1);
  const std::vector<std::int16_t> integers = random_i8(random, kShape, 0.1, 255);
  std::vector<PackedWeights> all;
  for (const WeightFormat format : f32_formats(kShape.cols))
    all.push_back(pack_f32(format, floats, kShape.rows, kShape.cols));
  for (const WeightFormat format :
       {WeightFormat::kDenseI8, WeightFormat::kGroupsI8, WeightFormat::kUnstructuredI8})
    all.push_back(pack_i8(format, integers, kShape.rows, kShape.cols));
  return all;
}

// The storage of `packed` with one element of the stream at `stream` replaced.
template <class T>
AlignedBuffer damaged(const PackedWeights& packed, const T* stream, std::size_t index, T value) {
  AlignedBuffer storage = copy_of(packed.storage());
  const auto at = static_cast<std::size_t>(reinterpret_cast<const std::byte*>(stream + index) -
                                           packed.storage().data());
  std::memcpy(storage.data() + at, &value, sizeof(T));
  return storage;
}

TEST(RestoreWeights, GivesTheSameWeightsInEveryFormat) {
  for (const PackedWeights& packed : one_of_each_format()) {
    SCOPED_TRACE(format_name(packed.format()));
    const PackedWeights copy = restored(packed, copy_of(packed.storage()));
    EXPECT_EQ(copy.nonzeros(), packed.nonzeros());
    EXPECT_TRUE(std::ranges::equal(copy.row_sums(), packed.row_sums()));
    EXPECT_EQ(copy.view().row_blocks, packed.view().row_blocks);
    EXPECT_EQ(copy.view().chunks, packed.view().chunks);
    if (is_float(packed.format()))
      EXPECT_EQ(unpack_f32(copy), unpack_f32(packed));
    else
      EXPECT_EQ(unpack_i8(copy), unpack_i8(packed));
  }
}

TEST(RestoreWeights, GivesAMatrixOfZerosBack) {
  const std::vector<float> zeros(12);
  const PackedWeights packed = pack_f32(WeightFormat::kUnstructuredF32, zeros, 3, 4);
  EXPECT_EQ(unpack_f32(restored(packed, copy_of(packed.storage()))), zeros);
}

TEST(RestoreWeights, RefusesStorageOfAnotherLength) {
  for (const PackedWeights& packed : one_of_each_format()) {
    SCOPED_TRACE(format_name(packed.format()));
    const auto all = packed.storage();
    EXPECT_NE(message(packed, copy_of(all.first(all.size() - 64))), "nothing thrown");
    AlignedBuffer longer(all.size() + 64);
    std::memcpy(longer.data(), all.data(), all.size());
    EXPECT_EQ(message(packed, std::move(longer)), "packed weights: 64 bytes of storage are left");
    EXPECT_NE(message(packed, AlignedBuffer(0)), "nothing thrown");
  }
}

TEST(RestoreWeights, RefusesShapesThatCannotBe) {
  const std::vector<float> ones(16, 1.0F);
  const PackedWeights packed = pack_f32(WeightFormat::kUnstructuredF32, ones, 4, 4);
  const auto refused = [&](PackedShape shape) {
    EXPECT_THROW(restore_weights(shape, copy_of(packed.storage()), {}), std::invalid_argument);
    EXPECT_THROW(least_storage_bytes(shape), std::invalid_argument);
  };
  PackedShape shape = shape_of(packed);
  shape.format = static_cast<WeightFormat>(kWeightFormats);
  refused(shape);
  for (const std::size_t size : {std::size_t{0}, std::size_t{1} << 40, ~std::size_t{0}}) {
    shape = shape_of(packed);
    shape.rows = size;
    refused(shape);
    shape = shape_of(packed);
    shape.cols = size;
    refused(shape);
  }
  for (const std::size_t chunk : {0, 2, 6, 820}) {
    shape = shape_of(packed);
    shape.chunk_cols = chunk;
    refused(shape);
  }
}

TEST(RestoreWeights, RefusesIndicesOutsideOfTheMatrix) {
  for (const PackedWeights& packed : one_of_each_format()) {
    if (packed.format() == WeightFormat::kDenseF32) continue;
    SCOPED_TRACE(format_name(packed.format()));
    const EntryStreams& entries = packed.view().entries;
    const auto says = [&](AlignedBuffer storage, const std::string& part) {
      EXPECT_NE(message(packed, std::move(storage)).find(part), std::string::npos) << part;
    };
    says(damaged<std::uint16_t>(packed, entries.row_ids, 0, 384), "has row 384 of");
    says(damaged<std::uint16_t>(packed, entries.offsets, 0, 32), "between two inputs");
    const std::size_t last = packed.view().row_blocks * packed.view().chunks;
    says(damaged<std::uint16_t>(packed, entries.offsets, entries.starts[last].entry - 1, 0xFF00),
         "beyond its inputs");
    says(damaged<std::uint16_t>(packed, entries.row_ids, 1, entries.row_ids[0]), "twice");
    kernels::Run run = entries.runs[0];
    run.pairs = 0xFFFF;
    says(damaged(packed, entries.runs, 0, run), "more pairs than entries");
    run = entries.runs[0];
    ++run.rows;
    says(damaged(packed, entries.runs, 0, run), "runs of other lengths");
    SliceStart start = entries.starts[1];
    start.entry = std::size_t{1} << 41;
    says(damaged(packed, entries.starts, 1, start), "not in ascending order");
    says(damaged(packed, entries.starts, last, start), "a stream of more than");
    says(damaged(packed, entries.starts, 0, SliceStart{0, 1, 0}), "does not begin at 0");
  }
}

TEST(RestoreWeights, RefusesRowsOfSingleWeightsThatAreNotWholeFours) {
  const std::vector<std::int16_t> integers(16, 1);
  const std::vector<float> floats(16, 1.0F);
  for (const PackedWeights& packed : {pack_i8(WeightFormat::kUnstructuredI8, integers, 4, 4),
                                      pack_f32(WeightFormat::kUnstructuredF32, floats, 4, 4)})
    EXPECT_EQ(
        message(packed, damaged(packed, packed.view().entries.runs, 0, kernels::Run{4, 3, 0})),
        "packed weights: slice of row block 0 and chunk 0 has a row of 3 entries, expected whole "
        "fours");
}

TEST(RestoreWeights, RefusesASliceThatLeavesARowOut) {
  const std::vector<float> ones(16, 1.0F);
  const PackedWeights packed = pack_f32(WeightFormat::kUnstructuredF32, ones, 4, 4);
  // Four rows of four entries as two rows of eight, which is as many entries.
  AlignedBuffer storage = damaged(packed, packed.view().entries.runs, 0, kernels::Run{2, 8, 0});
  AlignedBuffer three = damaged(packed, packed.view().entries.starts, 1, SliceStart{1, 2, 16});
  const auto at = static_cast<std::size_t>(
      reinterpret_cast<const std::byte*>(packed.view().entries.runs) - packed.storage().data());
  std::memcpy(three.data() + at, storage.data() + at, sizeof(kernels::Run));
  EXPECT_NE(message(packed, std::move(three)).find("does not list all of its rows"),
            std::string::npos);
}

// With the address sanitizer this is a proof for these bytes: whatever is accepted can be walked.
TEST(RestoreWeights, AcceptsOnlyWhatCanBeWalkedWhateverByteIsDamaged) {
  Random random(11);
  const Shape shape{9, 20};
  std::vector<PackedWeights> all;
  for (const WeightFormat format : f32_formats(shape.cols))
    all.push_back(pack_f32(format, random_f32(random, shape, 0.3), shape.rows, shape.cols));
  for (const WeightFormat format :
       {WeightFormat::kDenseI8, WeightFormat::kGroupsI8, WeightFormat::kUnstructuredI8})
    all.push_back(pack_i8(format, random_i8(random, shape, 0.3, 255), shape.rows, shape.cols));
  std::size_t refused = 0;
  for (const PackedWeights& packed : all)
    for (std::size_t byte = 0; byte < packed.bytes(); ++byte)
      for (const unsigned change : {1U, 0x10U, 0x80U, 0xFFU}) {
        AlignedBuffer storage = copy_of(packed.storage());
        storage.data()[byte] ^= static_cast<std::byte>(change);
        try {
          const PackedWeights copy = restored(packed, std::move(storage));
          if (is_float(copy.format()))
            EXPECT_EQ(unpack_f32(copy).size(), shape.rows * shape.cols);
          else
            EXPECT_EQ(unpack_i8(copy).size(), shape.rows * shape.cols);
        } catch (const std::invalid_argument&) {
          ++refused;
        }
      }
  EXPECT_GT(refused, 100U);
}

}  // namespace
}  // namespace filigree::kernels::testing
