// pack and unpack, what pack refuses, and the choice of a format.
#include "kernels/packed_weights.h"

#include <gtest/gtest.h>

#include <stdexcept>
#include <string>

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
      for (const WeightFormat format : {WeightFormat::kDenseF32, WeightFormat::kUnstructuredF32}) {
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
        for (const WeightFormat format : {WeightFormat::kDenseI8, WeightFormat::kGroupsI8})
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
}

TEST(PackedWeights, SumsRowsOfIntegers) {
  const std::vector<std::int16_t> weights{1, -255, 3, 255, 255, 0};
  for (const WeightFormat format : {WeightFormat::kDenseI8, WeightFormat::kGroupsI8}) {
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

TEST(PackedWeights, ChoosesDenseForFullAndSparseForPrunedMatrices) {
  EXPECT_EQ(choose_f32_format(768, 768, 768 * 768), WeightFormat::kDenseF32);
  EXPECT_EQ(choose_f32_format(768, 768, 768 * 77), WeightFormat::kUnstructuredF32);
  EXPECT_EQ(choose_i8_format(768, 768, 768 * 192), WeightFormat::kDenseI8);
  EXPECT_EQ(choose_i8_format(768, 768, 768 * 38), WeightFormat::kGroupsI8);
  // A dense tile computes six rows even if the matrix has two.
  EXPECT_EQ(choose_f32_format(2, 384, 768), WeightFormat::kUnstructuredF32);
  EXPECT_EQ(choose_f32_format(384, 384, 0), WeightFormat::kUnstructuredF32);
}

}  // namespace
}  // namespace filigree::kernels::testing
