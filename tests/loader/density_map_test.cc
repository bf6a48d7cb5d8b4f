#include "loader/density_map.h"

#include <gtest/gtest.h>

#include <cstdint>

namespace filigree::loader {
namespace {

TEST(DensityMap, CountsTheNonzerosOfEachCell) {
  const std::vector<float> weights{1, 1, 0, 0,  //
                                   1, 0, 0, 0,  //
                                   0, 0, 0, 2,  //
                                   0, 0, 0, 0};
  const DensityMap map = density_map(std::span<const float>(weights), 4, 2);
  EXPECT_EQ(map.height, 2U);
  EXPECT_EQ(map.width, 2U);
  EXPECT_EQ(map.cells, (std::vector<float>{0.75F, 0, 0, 0.25F}));
  EXPECT_EQ(map.most(), 0.75);
}

TEST(DensityMap, KeepsTheProportionsAndNeverHasMoreCellsThanWeights) {
  const std::vector<std::int16_t> wide(3 * 300, 1);
  const DensityMap map = density_map(std::span<const std::int16_t>(wide), 300, 100);
  EXPECT_EQ(map.height, 1U);
  EXPECT_EQ(map.width, 100U);
  const DensityMap small = density_map(std::span<const std::int16_t>(wide).first(6), 3, 100);
  EXPECT_EQ(small.height, 2U);
  EXPECT_EQ(small.width, 3U);
  EXPECT_EQ(small.cells, std::vector<float>(6, 1.0F));
}

}  // namespace
}  // namespace filigree::loader
