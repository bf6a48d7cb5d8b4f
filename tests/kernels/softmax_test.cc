#include "kernels/softmax.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <vector>

#include "tests/kernels/guarded_memory.h"
#include "tests/kernels/op_support.h"

namespace filigree::kernels::testing {
namespace {

constexpr std::size_t kKeyCounts[] = {1, 2, 3, 7, 8, 9, 64, 127, 384, 513};

struct Result {
  std::vector<float> powers;
  std::vector<float> sums;
};

Result run(const KernelTable& table, const std::vector<float>& scores) {
  GuardedMemory<float> in_place(scores.size());
  GuardedMemory<float> sums(kQueryBlock);
  std::copy(scores.begin(), scores.end(), in_place.data());
  table.softmax({in_place.data(), scores.size() / kQueryBlock, sums.data()});
  return {{in_place.span().begin(), in_place.span().end()},
          {sums.span().begin(), sums.span().end()}};
}

std::vector<float> random_scores(std::size_t keys, float range) {
  std::vector<float> scores(keys * kQueryBlock);
  Random(static_cast<std::uint32_t>(keys)).fill(scores, -range, range);
  return scores;
}

TEST(Softmax, MatchesReferenceOnEveryIsa) {
  for (const KernelTable& table : tested_tables())
    for (const std::size_t keys : kKeyCounts) {
      SCOPED_TRACE(name_of(table) + ", keys " + std::to_string(keys));
      const std::vector<float> scores = random_scores(keys, 20);
      const Result result = run(table, scores);
      for (std::size_t i = 0; i < kQueryBlock; ++i) {
        float largest = scores[i];
        for (std::size_t j = 0; j < keys; ++j)
          largest = std::max(largest, scores[j * kQueryBlock + i]);
        double sum = 0;
        for (std::size_t j = 0; j < keys; ++j) {
          // The difference is rounded to float: an error of a unit of at most 40.
          const double expected =
              std::exp(static_cast<double>(scores[j * kQueryBlock + i]) - largest);
          EXPECT_NEAR(result.powers[j * kQueryBlock + i], expected, expected * (4 + 40) * kUnit);
          sum += result.powers[j * kQueryBlock + i];
        }
        EXPECT_NEAR(result.sums[i], sum, sum * static_cast<double>(keys) * kUnit);
      }
    }
}

void expect_the_same_bits(const std::vector<float>& scores) {
  const Result expected = run(supported_tables().front(), scores);
  for (const KernelTable& table : tested_tables()) {
    SCOPED_TRACE(name_of(table) + ", keys " + std::to_string(scores.size() / kQueryBlock));
    const Result result = run(table, scores);
    for (std::size_t i = 0; i < scores.size(); ++i)
      ASSERT_EQ(bits(result.powers[i]), bits(expected.powers[i])) << "element " << i;
    for (std::size_t i = 0; i < kQueryBlock; ++i)
      ASSERT_EQ(bits(result.sums[i]), bits(expected.sums[i])) << "query " << i;
  }
}

TEST(Softmax, GivesTheSameBitsOnEveryIsa) {
  for (const float range : {0.0F, 1.0F, 50.0F, 1000.0F})
    for (const std::size_t keys : kKeyCounts) expect_the_same_bits(random_scores(keys, range));
}

// Where 2^n is among the smallest normal numbers, and where exp becomes 0.
TEST(Softmax, GivesTheSameBitsNextToTheSmallestPowers) {
  std::vector<float> scores(kQueryBlock, 0.0F);
  for (std::uint32_t i = bits(-86.0F); i <= bits(-87.34F); i += 7)
    scores.push_back(std::bit_cast<float>(i));
  scores.resize(scores.size() / kQueryBlock * kQueryBlock);
  expect_the_same_bits(scores);
}

TEST(Softmax, OfFarSmallerScoresIsZero) {
  for (const KernelTable& table : tested_tables()) {
    std::vector<float> scores(2 * kQueryBlock, -1000.0F);
    std::fill_n(scores.begin(), kQueryBlock, 1000.0F);
    const Result result = run(table, scores);
    EXPECT_EQ(result.powers.front(), 1.0F);
    EXPECT_EQ(result.powers.back(), 0.0F);
    EXPECT_EQ(result.sums.front(), 1.0F);
  }
}

}  // namespace
}  // namespace filigree::kernels::testing
