// pack and unpack, what pack refuses, and the choice of a format.
#include "kernels/packed_weights.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <memory_resource>
#include <random>
#include <stdexcept>
#include <string>
#include <utility>

#include "tests/kernels/linear_support.h"

namespace filigree::kernels::testing {
namespace {

constexpr Shape kShapes[] = {{1, 1},    {4, 4},    {5, 3},     {6, 112},   {7, 113},
                             {96, 448}, {97, 449}, {384, 224}, {385, 225}, {193, 897}};
constexpr double kDensities[] = {0.0, 0.1, 0.7, 1.0};

template <class Function>
std::string message_of(Function function) {
  try {
    function();
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
  return "nothing thrown";
}

TEST(PackedWeights, UnpackIsTheInverseOfPackForFloats) {
  std::uint32_t seed = 1;
  for (const Shape shape : kShapes)
    for (const double density : kDensities) {
      Random random(seed++);
      const std::vector<float> weights = random_f32(random, shape, density);
      for (const WeightFormat format : f32_formats(shape.cols)) {
        const PackedWeights packed = pack_f32(format, weights, shape.rows, shape.cols);
        EXPECT_EQ(unpack_f32(packed), weights)
            << shape.rows << "x" << shape.cols << " density " << density;
        EXPECT_EQ(packed.format(), format);
        EXPECT_EQ(packed.rows(), shape.rows);
        EXPECT_EQ(packed.cols(), shape.cols);
      }
    }
}

TEST(PackedWeights, UnpackIsTheInverseOfPackForIntegersThatNeedSplits) {
  std::uint32_t seed = 1;
  for (const Shape shape : kShapes)
    for (const double density : kDensities)
      for (const int limit : {1, 127, 255}) {
        Random random(seed++);
        const std::vector<std::int16_t> weights = random_i8(random, shape, density, limit);
        for (const WeightFormat format :
             {WeightFormat::kDenseI8, WeightFormat::kGroupsI8, WeightFormat::kUnstructuredI8})
          EXPECT_EQ(unpack_i8(pack_i8(format, weights, shape.rows, shape.cols)), weights)
              << shape.rows << "x" << shape.cols << " density " << density << " limit " << limit;
      }
}

TEST(PackedWeights, CountsNonzerosOfTheMatrix) {
  const std::vector<float> floats{0.0F, 1.0F, -0.0F, 2.0F};
  const std::vector<std::int16_t> integers{0, 255, -255, 0};
  EXPECT_EQ(pack_f32(WeightFormat::kDenseF32, floats, 2, 2).nonzeros(), 2U);
  EXPECT_EQ(pack_f32(WeightFormat::kUnstructuredF32, floats, 2, 2).nonzeros(), 2U);
  EXPECT_EQ(pack_i8(WeightFormat::kDenseI8, integers, 2, 2).nonzeros(), 2U);
  EXPECT_EQ(pack_i8(WeightFormat::kGroupsI8, integers, 2, 2).nonzeros(), 2U);
  EXPECT_EQ(pack_i8(WeightFormat::kUnstructuredI8, integers, 2, 2).nonzeros(), 2U);
}

TEST(PackedWeights, SumsRowsOfIntegers) {
  const std::vector<std::int16_t> weights{1, -255, 3, 255, 255, 0};
  for (const WeightFormat format :
       {WeightFormat::kDenseI8, WeightFormat::kGroupsI8, WeightFormat::kUnstructuredI8}) {
    const PackedWeights packed = pack_i8(format, weights, 2, 3);
    const std::vector<std::int32_t> sums(packed.row_sums().begin(), packed.row_sums().end());
    EXPECT_EQ(sums, (std::vector<std::int32_t>{-251, 510}));
  }
}

TEST(PackedWeights, StoresOnlyGroupsThatHaveANonzero) {
  std::vector<std::int16_t> weights(8 * 1024);
  const std::size_t empty = pack_i8(WeightFormat::kGroupsI8, weights, 8, 1024).bytes();
  for (std::size_t i = 0; i < weights.size(); i += 32) weights[i] = 1;
  const std::size_t sparse = pack_i8(WeightFormat::kGroupsI8, weights, 8, 1024).bytes();
  EXPECT_GE(sparse, empty + 256 * 6);
  EXPECT_LE(sparse, empty + 256 * 6 + 512);
}

// Whole fours: a row of 5 has 8 entries of 3 bytes each. Largest and smallest ones are pairs.
TEST(PackedWeights, FillsRowsOfSingleIntegersUpToWholeFours) {
  std::vector<std::int16_t> weights(4 * 32);
  const std::size_t empty = pack_i8(WeightFormat::kUnstructuredI8, weights, 4, 32).bytes();
  for (std::size_t i = 0; i < 5; ++i) weights[32 + 6 * i] = static_cast<std::int16_t>(i + 1);
  const PackedWeights packed = pack_i8(WeightFormat::kUnstructuredI8, weights, 4, 32);
  EXPECT_EQ(packed.bytes(), empty + 64 + 64);  // offsets and weights, each padded to a line
  EXPECT_EQ(packed.view().entries.starts[1].entry, 8U);
  EXPECT_EQ(packed.view().entries.runs[0].entries, 8U);
  constexpr std::array<int, 8> kWeights = {5, 1, 4, 2, 3, 0, 0, 0};
  for (std::size_t i = 0; i < 8; ++i) {
    const int weight = kWeights[i] == 0 ? kWeights[4] : kWeights[i];
    EXPECT_EQ(packed.view().entries.offsets[i], static_cast<std::size_t>(weight - 1) * 6 * 64);
    EXPECT_EQ(packed.view().entries.weights[i], kWeights[i]);
  }
}

// What vpmaddubsw multiplies without saturating: 255 * 128 fits 16 bits.
TEST(PackedWeights, PairsSingleIntegersSoThatTheirProductsFit16Bits) {
  std::vector<std::int16_t> weights(4 * 96);
  for (std::size_t i = 0; i < weights.size(); ++i)
    weights[i] =
        static_cast<std::int16_t>(static_cast<int>(i * 97 % 511) - 255 + (i < 96 ? 128 : 0));
  for (std::int16_t& weight : weights) weight = std::min<std::int16_t>(weight, 255);
  const PackedWeights packed = pack_i8(WeightFormat::kUnstructuredI8, weights, 4, 96);
  const EntryStreams& entries = packed.view().entries;
  for (std::size_t i = 0; i < entries.starts[1].entry; i += 2) {
    const int first = entries.weights[i];
    const int second = entries.weights[i + 1];
    EXPECT_TRUE((first < 0) != (second < 0) || std::abs(first + second) <= 128)
        << i << ": " << first << " and " << second;
  }
  EXPECT_EQ(unpack_i8(packed), weights);
}

// Chunks of 16 inputs: of 5 entries in the first, which takes 3 of the second, too, and 2 more in
// the third, which are filled up.
TEST(PackedWeights, FillsRowsOfSingleFloatsFromTheNextChunk) {
  std::vector<float> weights(48);
  const std::size_t cols[] = {1, 3, 5, 7, 15, 16, 18, 20, 32, 47};
  for (const std::size_t col : cols) weights[col] = static_cast<float>(col);
  const PackedWeights packed =
      pack_f32(WeightFormat::kUnstructuredF32, weights, 1, 48, {.l1_bytes = 1024});
  ASSERT_EQ(packed.view().chunk_cols, 16U);
  const EntryStreams& entries = packed.view().entries;
  const std::size_t ends[] = {8, 8, 12};
  for (std::size_t chunk = 0; chunk < 3; ++chunk)
    EXPECT_EQ(entries.starts[chunk + 1].entry, ends[chunk]);
  for (std::size_t i = 0; i < 12; ++i) {
    const std::size_t col = cols[std::min<std::size_t>(i, 9)];
    EXPECT_EQ(entries.offsets[i], (i < 8 ? col : col - 32) * kPanelTokens);
    EXPECT_EQ(entries.values[i], i < 10 ? weights[col] : 0.0F);
  }
  EXPECT_EQ(unpack_f32(packed), weights);
}

// 17 inputs further another chunk and a half has begun.
TEST(PackedWeights, FillsRowsOfSingleFloatsWithZerosWhereTheNextOnesAreFar) {
  std::vector<float> weights(48);
  weights[0] = weights[33] = 1.0F;
  const PackedWeights packed =
      pack_f32(WeightFormat::kUnstructuredF32, weights, 1, 48, {.l1_bytes = 1024});
  const EntryStreams& entries = packed.view().entries;
  EXPECT_EQ(entries.starts[1].entry, 4U);
  EXPECT_EQ(entries.starts[3].entry, 8U);
  EXPECT_EQ(std::vector<float>(entries.values, entries.values + 8),
            (std::vector<float>{1, 0, 0, 0, 1, 0, 0, 0}));
  EXPECT_EQ(unpack_f32(packed), weights);
}

// Rows of 4, 8, 1 and 0 weights, and one of 32, which the others would be filled up to by too much.
TEST(PackedWeights, FillsRowsOfARunUpToTheLongestUnlessThatIsTooMuch) {
  constexpr std::size_t kCols = 32;
  const std::size_t lengths[] = {4, 8, 1, 32, 0, 8};
  std::vector<float> weights(std::size(lengths) * kCols);
  for (std::size_t row = 0; row < std::size(lengths); ++row)
    std::fill_n(weights.begin() + row * kCols, lengths[row], 1.0F);
  const PackedWeights packed =
      pack_f32(WeightFormat::kUnstructuredF32, weights, std::size(lengths), kCols);
  const EntryStreams& entries = packed.view().entries;
  ASSERT_EQ(entries.starts[1].run, 3U);
  const std::pair<std::size_t, std::size_t> rows_and_entries[] = {{1, 32}, {4, 8}, {1, 0}};
  for (std::size_t run = 0; run < 3; ++run) {
    EXPECT_EQ(entries.runs[run].rows, rows_and_entries[run].first) << run;
    EXPECT_EQ(entries.runs[run].entries, rows_and_entries[run].second) << run;
  }
  EXPECT_EQ(std::vector<std::uint16_t>(entries.row_ids, entries.row_ids + 6),
            (std::vector<std::uint16_t>{3, 1, 5, 0, 2, 4}));
  EXPECT_EQ(unpack_f32(packed), weights);
}

TEST(PackedWeights, MovesWithoutLosingTheViewedMemory) {
  Random random(1);
  const std::vector<float> weights = random_f32(random, {40, 300}, 0.2);
  PackedWeights packed = pack_f32(WeightFormat::kUnstructuredF32, weights, 40, 300);
  const PackedWeights moved = std::move(packed);
  EXPECT_EQ(unpack_f32(moved), weights);
}

TEST(PackedWeights, RefusesAWrongNumberOfWeightsAndNamesBoth) {
  const std::vector<float> floats(7);
  const std::vector<std::int16_t> integers(7);
  EXPECT_EQ(message_of([&] { pack_f32(WeightFormat::kDenseF32, floats, 2, 4); }),
            "weight matrix has 7 elements, expected 8 for shape 2 x 4");
  EXPECT_EQ(message_of([&] { pack_i8(WeightFormat::kGroupsI8, integers, 2, 4); }),
            "weight matrix has 7 elements, expected 8 for shape 2 x 4");
}

TEST(PackedWeights, RefusesEmptyAndOverflowingShapes) {
  const std::vector<float> none;
  EXPECT_EQ(message_of([&] { pack_f32(WeightFormat::kDenseF32, none, 0, 4); }),
            "weight matrix is empty: 0 x 4");
  EXPECT_EQ(message_of([&] { pack_f32(WeightFormat::kDenseF32, none, 4, 0); }),
            "weight matrix is empty: 4 x 0");
  EXPECT_EQ(message_of([&] {
              pack_f32(WeightFormat::kUnstructuredF32, none, std::size_t{1} << 33,
                       std::size_t{1} << 31);
            }),
            "weight matrix is too large: 8589934592 x 2147483648");
}

TEST(PackedWeights, RefusesAFormatOfTheOtherElementType) {
  const std::vector<float> floats(4);
  const std::vector<std::int16_t> integers(4);
  EXPECT_THROW(pack_f32(WeightFormat::kDenseI8, floats, 2, 2), std::invalid_argument);
  EXPECT_THROW(pack_f32(WeightFormat::kGroupsI8, floats, 2, 2), std::invalid_argument);
  EXPECT_THROW(pack_i8(WeightFormat::kDenseF32, integers, 2, 2), std::invalid_argument);
  EXPECT_THROW(pack_i8(WeightFormat::kUnstructuredF32, integers, 2, 2), std::invalid_argument);
  EXPECT_THROW(unpack_i8(pack_f32(WeightFormat::kDenseF32, floats, 2, 2)), std::invalid_argument);
  EXPECT_THROW(unpack_f32(pack_i8(WeightFormat::kDenseI8, integers, 2, 2)), std::invalid_argument);
}

TEST(PackedWeights, RefusesIntegersOutOfRange) {
  const std::vector<std::int16_t> weights{0, 0, 0, 256};
  EXPECT_EQ(message_of([&] { pack_i8(WeightFormat::kDenseI8, weights, 2, 2); }),
            "int8 weight minus zero point is 256 in row 1, expected -255 to 255");
}

TEST(PackedWeights, RefusesRowsWhoseSumsCouldOverflow) {
  const std::vector<std::int16_t> weights(33026, 255);
  EXPECT_EQ(message_of([&] { pack_i8(WeightFormat::kGroupsI8, weights, 1, 33026); }),
            "row 0 has weights of magnitude 8421630 in sum, at most 8421504 cannot overflow");
  EXPECT_NO_THROW(pack_i8(WeightFormat::kGroupsI8, std::span(weights).first(33025), 1, 33025));
}

TEST(PackedWeights, PacksTheSameMatrixForAnyL1) {
  Random random(11);
  for (const Shape shape : {Shape{1, 1}, Shape{5, 257}, Shape{385, 513}, Shape{7, 1000}})
    for (const double density : {0.05, 0.1, 0.5}) {
      const std::vector<float> weights = random_f32(random, shape, density);
      for (const WeightFormat format : f32_formats(shape.cols))
        for (const std::size_t l1_bytes : {1024, 32 * 1024, 48 * 1024, 1 << 20})
          EXPECT_EQ(
              unpack_f32(pack_f32(format, weights, shape.rows, shape.cols, {.l1_bytes = l1_bytes})),
              weights)
              << format_name(format) << " L1 " << l1_bytes;
    }
}

TEST(PackedWeights, CountsNonzerosAndBlocksOfAPattern) {
  // 5 x 6: blocks at the edges are partial.
  std::vector<float> weights(5 * 6);
  for (const std::size_t at : {0, 1, 6, 4, 24, 29}) weights[at] = 1.0F;
  const F32Pattern pattern = pattern_f32(weights, 5, 6);
  EXPECT_EQ(pattern.nonzeros, 6U);
  EXPECT_EQ(pattern.blocks_1x4, 5U);
  EXPECT_EQ(pattern.blocks_4x1, 5U);
}

TEST(PackedWeights, CountsNonzerosAndGroupsOfIntegersAlsoAtTheEndOfARow) {
  const std::vector<std::int16_t> weights{0, 0, 0, 1, 0, 0,   // 1x4, 1x2
                                          0, 0, 0, 0, 0, -3,  //
                                          1, 1, 1, 1, 0, 0};
  const I8Pattern pattern = pattern_i8(weights, 3, 6);
  EXPECT_EQ(pattern.rows, 3U);
  EXPECT_EQ(pattern.cols, 6U);
  EXPECT_EQ(pattern.nonzeros, 6U);
  EXPECT_EQ(pattern.groups_1x4, 3U);
}

TEST(PackedWeights, CountsGroupsThatAreSplitOrAddedInPairs) {
  // 100 + 100 would saturate, 100 - 100 not; the second row's groups add up to 128 at either place.
  const std::vector<std::int16_t> weights{100, 100, 0, 0, 100, -100, 0, 0,  //
                                          64,  0,   0, 0, 0,   64,   0, -128};
  const I8Pattern pattern = pattern_i8(weights, 2, 8);
  EXPECT_EQ(pattern.groups_1x4, 4U);
  EXPECT_EQ(pattern.split_groups, 1U);
  EXPECT_EQ(pattern.pairs, 1U);
}

TEST(PackedWeights, EstimatesGroupsOfManyRowsAsPackingMakesThem) {
  constexpr std::size_t kRows = 200;
  constexpr std::size_t kCols = 600;
  std::mt19937 random(1);
  std::vector<std::int16_t> weights(kRows * kCols);
  for (std::int16_t& weight : weights)
    weight = random() % 2 == 0 ? 0 : static_cast<std::int16_t>(random() % 255) - 127;
  const I8Pattern pattern = pattern_i8(weights, kRows, kCols);
  const PackedWeights packed = pack_i8(WeightFormat::kGroupsI8, weights, kRows, kCols);
  double groups = 0;
  double pairs = 0;
  const PackedView& view = packed.view();
  const SliceStart* starts = view.entries.starts;
  for (std::size_t run = 0; run < starts[view.row_blocks * view.chunks].run; ++run) {
    const kernels::Run& of_run = view.entries.runs[run];
    groups += of_run.rows * of_run.entries;
    pairs += of_run.rows * of_run.pairs;
  }
  EXPECT_NEAR(static_cast<double>(pattern.groups_1x4 + pattern.split_groups), groups,
              0.03 * groups);
  EXPECT_NEAR(static_cast<double>(pattern.pairs), pairs, 0.05 * pairs);
}

TEST(PackedWeights, AFormatThatCannotHoldAMatrixCostsInfinitelyMuch) {
  const auto costs = f32_format_costs({.rows = 4, .cols = 6, .nonzeros = 1}, Isa::kAvx2);
  for (const FormatCost& cost : costs)
    EXPECT_EQ(std::isinf(cost.cost), cost.format == WeightFormat::kBlock1x4F32);
}

TEST(PackedWeights, DenseFormatsCostTheirTiles) {
  for (const Isa isa : kAllIsas) {
    EXPECT_EQ(f32_format_costs({.rows = 7, .cols = 8, .nonzeros = 1}, isa)[0].cost, 12 * 8);
    EXPECT_EQ(i8_format_costs({5, 9, 1, 1}, isa)[0].cost, 8 * 3);
  }
}

TEST(PackedWeights, RefusesBlocksOf4InputsThatDoNotFit) {
  const std::vector<float> weights(2 * 6);
  EXPECT_EQ(message_of([&] { pack_f32(WeightFormat::kBlock1x4F32, weights, 2, 6); }),
            "1x4 blocks need a multiple of 4 inputs, the matrix has 6");
}

TEST(PackedWeights, ChoosesDenseForFullAndSparseForPrunedMatrices) {
  constexpr std::size_t kSize = 768;
  constexpr std::size_t kAll = kSize * kSize;
  for (const Isa isa : kAllIsas) {
    SCOPED_TRACE(isa_name(isa));
    const auto choose = [&](F32Pattern pattern) { return choose_f32_format(pattern, isa); };
    EXPECT_EQ(choose({kSize, kSize, kAll, kAll / 4, kAll / 4}), WeightFormat::kDenseF32);
    // A tenth, scattered, or in full blocks of four rows; half in full blocks of four inputs, which
    // with AVX2 and an L1 of 32 KB gain nothing over a tenth of single weights.
    EXPECT_EQ(choose({kSize, kSize, kAll / 10, kAll / 12, kAll / 12}),
              WeightFormat::kUnstructuredF32);
    EXPECT_EQ(choose({kSize, kSize, kAll / 10, kAll / 12, kAll / 40}), WeightFormat::kBlock4x1F32);
    EXPECT_EQ(choose({kSize, kSize, kAll / 2, kAll / 8, kAll / 3}), WeightFormat::kBlock1x4F32);
    const auto choose_i8 = [&](std::size_t nonzeros, std::size_t groups) {
      return choose_i8_format({kSize, kSize, nonzeros, groups}, isa);
    };
    EXPECT_EQ(choose_i8(kAll, kAll / 4), WeightFormat::kDenseI8);
    // Without VNNI, adding in pairs saves more than dense tiles do.
    EXPECT_EQ(choose_i8_format({kSize, kSize, kAll, kAll / 4, 0, kAll / 8}, isa),
              isa == Isa::kAvx512Vnni ? WeightFormat::kDenseI8 : WeightFormat::kGroupsI8);
    // A fifth, in full groups; a tenth, scattered over a third of the groups.
    EXPECT_EQ(choose_i8(kAll / 5, kAll / 20), WeightFormat::kGroupsI8);
    EXPECT_EQ(choose_i8(kAll / 10, kAll / 12), isa == Isa::kAvx2 || isa == Isa::kAvx512Vnni
                                                   ? WeightFormat::kUnstructuredI8
                                                   : WeightFormat::kGroupsI8);
  }
}

// What packing does with `between` is what it does without; returns how often that was called.
template <class Pack>
std::size_t pieces_of(Pack pack) {
  std::size_t calls = 0;
  const BetweenPieces between = [&] { ++calls; };
  const PackedWeights plain = pack(BetweenPieces{});
  const PackedWeights packed = pack(between);
  EXPECT_TRUE(std::ranges::equal(packed.storage(), plain.storage()));
  return calls;
}

constexpr Shape kLargeShape{385, 897};
// Pieces end with a row of a chunk, or a row of tiles.
constexpr std::size_t kLeastPieces =
    kLargeShape.rows * kLargeShape.cols / (kPieceWeights + 6 * 897);

TEST(PackedWeights, ComeInPiecesWithTheSameBytes) {
  Random random(1);
  for (const double density : kDensities) {
    const std::vector<float> floats = random_f32(random, kLargeShape, density);
    const std::vector<std::int16_t> integers = random_i8(random, kLargeShape, density, 255);
    for (const WeightFormat format :
         {WeightFormat::kDenseF32, WeightFormat::kUnstructuredF32, WeightFormat::kBlock4x1F32})
      EXPECT_GE(pieces_of([&](const BetweenPieces& between) {
                  return pack_f32(format, floats, kLargeShape.rows, kLargeShape.cols,
                                  {.between_pieces = &between});
                }),
                2 * kLeastPieces)  // the pattern comes first
          << format_name(format) << " density " << density;
    for (const WeightFormat format :
         {WeightFormat::kDenseI8, WeightFormat::kGroupsI8, WeightFormat::kUnstructuredI8})
      EXPECT_GE(pieces_of([&](const BetweenPieces& between) {
                  return pack_i8(format, integers, kLargeShape.rows, kLargeShape.cols,
                                 {.between_pieces = &between});
                }),
                2 * kLeastPieces)  // sums of rows come first
          << format_name(format) << " density " << density;
  }
}

TEST(PackedWeights, AreLookedAtCopiedAndRestoredInPieces) {
  Random random(1);
  const std::vector<float> floats = random_f32(random, kLargeShape, 0.1);
  const std::vector<std::int16_t> integers = random_i8(random, kLargeShape, 0.1, 255);
  std::size_t calls = 0;
  const BetweenPieces between = [&] { ++calls; };
  pattern_f32(floats, kLargeShape.rows, kLargeShape.cols, between);
  EXPECT_GE(std::exchange(calls, 0), kLeastPieces);
  pattern_i8(integers, kLargeShape.rows, kLargeShape.cols, between);
  EXPECT_GE(std::exchange(calls, 0), kLeastPieces);
  const PackedWeights packed =
      pack_f32(WeightFormat::kUnstructuredF32, floats, kLargeShape.rows, kLargeShape.cols);
  PackedWeights copy = copy_weights(packed, *std::pmr::new_delete_resource(), between);
  EXPECT_GE(std::exchange(calls, 0), packed.bytes() / (kPieceWeights * sizeof(float)));
  EXPECT_TRUE(std::ranges::equal(copy.storage(), packed.storage()));
  AlignedBuffer storage(packed.bytes());
  std::ranges::copy(packed.storage(), storage.data());
  restore_weights({.format = packed.format(),
                   .rows = packed.rows(),
                   .cols = packed.cols(),
                   .chunk_cols = packed.view().chunk_cols,
                   .nonzeros = packed.nonzeros()},
                  std::move(storage), {}, between);
  EXPECT_GE(calls, kLeastPieces / 2);  // a slice may be larger than a piece
}

}  // namespace
}  // namespace filigree::kernels::testing
