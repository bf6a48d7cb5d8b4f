#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "tests/kernels/attention_i8_support.h"

namespace filigree::kernels::testing {
namespace {

TEST(AttentionI8, MatchesReferenceOnEveryIsa) {
  for (const Shape& shape : attention_shapes())
    for (const Zeros& zeros : kZeros) {
      SCOPED_TRACE("q zero " + std::to_string(zeros.q));
      expect_matches_reference(Case(shape, zeros));
    }
}

// Scales with which all probabilities are small numbers, the large ones are clamped, nearly all
// are, and one whose reciprocal is not used.
TEST(AttentionI8, ClampsProbabilitiesWhateverTheirScale) {
  for (const float p_scale : {0.5F, 0.0005F, 0x1p-21F, 0x1p-70F})
    for (const Zeros& zeros : kZeros) {
      SCOPED_TRACE("scale " + std::to_string(p_scale) + ", q zero " + std::to_string(zeros.q));
      Case test({12, 33, 13, 3}, zeros);
      test.p_scale = p_scale;
      expect_matches_reference(test);
    }
}

TEST(AttentionI8, WritesExactlyTheLanesOfTheQueries) {
  for (const KernelTable& table : tested_tables())
    for (const Shape& shape : attention_shapes()) {
      SCOPED_TRACE(name_of(table) + ", " + shape.name());
      const Case test(shape);
      std::vector<float> out = run(table, test, test.segments);
      for (std::size_t d = 0; d < shape.head_size; ++d)
        for (std::size_t t = 0; t < shape.tokens; ++t) {
          ASSERT_NE(out[test.out_index(d, t)], kUntouched);
          out[test.out_index(d, t)] = kUntouched;
        }
      for (std::size_t i = 0; i < out.size(); ++i) ASSERT_EQ(out[i], kUntouched) << "at " << i;
    }
}

TEST(AttentionI8, GivesTheSameBitsOnEveryIsaAndForEverySplitOfTheQueries) {
  for (const Shape& shape : attention_shapes()) expect_same_bits(Case(shape));
}

TEST(AttentionI8, GivesTheSameBitsWhereverSequenceAndHeadStart) {
  for (const KernelTable& table : tested_tables()) {
    const Case at_zero({26, 70, 0, 0});
    const std::vector<float> expected = run(table, at_zero, at_zero.segments);
    for (std::size_t first_lane = 1; first_lane < kPanelTokens; ++first_lane) {
      const Case test({26, 70, first_lane, first_lane % 7});
      SCOPED_TRACE(name_of(table) + ", " + test.shape.name());
      const std::vector<float> out = run(table, test, test.segments);
      for (std::size_t d = 0; d < 26; ++d)
        for (std::size_t t = 0; t < 70; ++t)
          ASSERT_EQ(bits(out[test.out_index(d, t)]), bits(expected[at_zero.out_index(d, t)]));
    }
  }
}

// Every product at its largest: 16-bit pairs and 32-bit sums must not saturate.
TEST(AttentionI8, IsExactForExtremeBytes) {
  for (const KernelTable& table : tested_tables()) {
    Case test({64, 130, 9, 0}, {255, 255, 255, 0});
    for (GuardedMemory<std::uint8_t>* matrix : {&test.q, &test.k, &test.v})
      std::fill(matrix->span().begin(), matrix->span().end(), std::uint8_t{0});
    const std::vector<float> out = run(table, test, test.segments);
    // Equal scores: each probability is 1 / 130, that is 255 / 130 steps, rounded to 2.
    const float expected = static_cast<float>(130 * -255 * 2) * test.out_scale;
    for (std::size_t query = 0; query < 130; ++query)
      ASSERT_EQ(out[test.out_index(63, query)], expected) << name_of(table) << ", query " << query;
  }
}

}  // namespace
}  // namespace filigree::kernels::testing
