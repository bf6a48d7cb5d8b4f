#include "loader/imposed_sparsity.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "loader/model.h"

namespace filigree::loader {
namespace {

using Floats = std::vector<float>;

Floats imposed_on(Floats weights, std::size_t cols, const ImposedSparsity& imposed) {
  impose_sparsity(std::span(weights), cols, imposed);
  return weights;
}

TEST(ImposeSparsity, ZeroesTheSmallestMagnitudes) {
  EXPECT_EQ(imposed_on({1, -4, 3, -2}, 2, {.zeros = 0.5}), (Floats{0, -4, 3, 0}));
  std::vector<std::int16_t> integers{-255, 3, -2, 7};
  impose_sparsity(std::span(integers), 4, {.zeros = 0.75});
  EXPECT_EQ(integers, (std::vector<std::int16_t>{-255, 0, 0, 0}));
}

TEST(ImposeSparsity, CountsZerosThatAreThere) {
  EXPECT_EQ(imposed_on({0, 5, 0, 6}, 4, {.zeros = 0.5}), (Floats{0, 5, 0, 6}));
}

TEST(ImposeSparsity, OfEqualWeightsTakesTheFirst) {
  EXPECT_EQ(imposed_on({1, 1, 1, 1}, 2, {.zeros = 0.5}), (Floats{0, 0, 1, 1}));
}

TEST(ImposeSparsity, ZeroesWholeBlocksAlsoAtTheEnds) {
  // 1x4 blocks of rows of six inputs: one of four, one of two.
  EXPECT_EQ(imposed_on({1, 1, 1, 1, 9, 0, 2, 2, 2, 2, 1, 1}, 6,
                       {.zeros = 0.5, .block_rows = 1, .block_cols = 4}),
            (Floats{0, 0, 0, 0, 9, 0, 2, 2, 2, 2, 0, 0}));
  EXPECT_EQ(imposed_on({1, 5, 1, 5, 1, 5, 1, 5, 7, 1}, 2,
                       {.zeros = 0.5, .block_rows = 4, .block_cols = 1}),
            (Floats{0, 5, 0, 5, 0, 5, 0, 5, 7, 0}));
}

TEST(ImposeSparsity, ZeroImposesNothingAndOneLeavesNothing) {
  EXPECT_EQ(imposed_on({1, 2}, 2, {}), (Floats{1, 2}));
  EXPECT_EQ(imposed_on({1, 2}, 2, {.zeros = 1}), (Floats{0, 0}));
}

TEST(ImposeSparsity, NotANumberIsNotSmall) {
  const Floats got = imposed_on({NAN, 2, 1, 3}, 4, {.zeros = 0.5});
  EXPECT_TRUE(std::isnan(got[0]));
  EXPECT_EQ(got[3], 3);
  EXPECT_EQ(got[1] + got[2], 0);
}

TEST(ImposeSparsity, MakesALoadedModelSparserAndSaysSo) {
  const std::string folder = FILIGREE_SOURCE_DIR "/third_party/models/minilm6-squad-";
  for (const char* name : {"dense", "pruned80-int8"}) {
    const auto model = load_model(folder + name, {.imposed = {.zeros = 0.95}});
    ASSERT_TRUE(model->encoder.has_value());
    for (const MatrixInfo& matrix : model->matrices)
      EXPECT_NEAR(static_cast<double>(matrix.nonzeros),
                  0.05 * static_cast<double>(matrix.rows * matrix.cols), 1)
          << matrix.name;
    ASSERT_EQ(model->warnings.size(), 1U);
    EXPECT_EQ(model->warnings[0],
              "what if: 95 % of the weights of every matrix set to zero; the answers mean nothing");
  }
}

}  // namespace
}  // namespace filigree::loader
