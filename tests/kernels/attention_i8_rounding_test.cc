// Integer attention whose products are rounded to bytes.
#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "tests/kernels/attention_i8_support.h"

namespace filigree::kernels::testing {
namespace {

// Lanes that no query has are compared, too: rounding must not write to them.
TEST(AttentionI8Rounding, GivesTheSameBitsOnEveryIsa) {
  for (const Shape& shape : attention_shapes()) {
    if (shape.tokens > 200) continue;
    Case test(shape);
    test.round(131);
    expect_same_bits(test);
  }
}

TEST(AttentionI8Rounding, MatchesReferenceOnEveryIsa) {
  for (const Shape& shape : attention_shapes()) {
    if (shape.tokens > 200) continue;
    Case test(shape);
    test.round(131);
    expect_matches_reference(test);
  }
}

// With zero points at either end, of the operands as well, products saturate or are cut to one
// side; either may be rounded alone.
TEST(AttentionI8Rounding, MatchesReferenceWhateverTheZeroPoints) {
  for (const Zeros& zeros : kZeros)
    for (const std::int32_t zero_point : {0, 1, 128, 254, 255})
      for (const int which : {1, 2, 3}) {
        SCOPED_TRACE("q zero " + std::to_string(zeros.q) + ", zero point " +
                     std::to_string(zero_point) + ", products " + std::to_string(which));
        Case test({12, 33, 13, 3}, zeros);
        const float whole_scale = test.score_scale;
        test.round(zero_point);
        if ((which & 1) == 0) {
          test.score_rounding.reset();
          test.score_scale = whole_scale;
        }
        if ((which & 2) == 0) test.out_rounding.reset();
        expect_matches_reference(test);
      }
}

// Every second step of half a unit is a tie.
TEST(AttentionI8Rounding, TakesHalvesToEven) {
  for (const KernelTable& table : tested_tables()) {
    SCOPED_TRACE(name_of(table));
    // One key, whose probability is one step: the output is the value. 0.5, 1.5, ... to even.
    Case test({8, 1, 13, 3});
    test.p_scale = 1;
    test.out_scale = 1;
    test.out_rounding = {0.5F, 128};
    const float expected[] = {0, 0, 1, 2, 2, 2, 3, 4};
    for (const int sign : {1, -1}) {
      for (std::size_t d = 0; d < 8; ++d)
        test.v[test.index(d, 0)] =
            static_cast<std::uint8_t>(test.zeros.v + sign * static_cast<int>(d));
      const std::vector<float> out = run(table, test, test.segments);
      for (std::size_t d = 0; d < 8; ++d)
        ASSERT_EQ(out[test.out_index(d, 0)], static_cast<float>(sign) * expected[d]) << d;
    }
    // Two keys with products of 0 and `product`: the ratio of their probabilities shows the scores.
    for (const int product : {1, 2, 3, 4, 5}) {
      Case scores({1, 2, 13, 3});
      scores.score_rounding = {0.5F, 128};
      scores.score_scale = 1;
      scores.p_scale = 0x1p-8F;
      scores.q[scores.index(0, 0)] = static_cast<std::uint8_t>(scores.zeros.q + 1);
      scores.k[scores.index(0, 0)] = static_cast<std::uint8_t>(scores.zeros.k);
      scores.k[scores.index(0, 1)] = static_cast<std::uint8_t>(scores.zeros.k + product);
      scores.v[scores.index(0, 0)] = static_cast<std::uint8_t>(scores.zeros.v);
      scores.v[scores.index(0, 1)] = static_cast<std::uint8_t>(scores.zeros.v + 1);
      scores.out_scale = 1;
      const double ratio = std::exp(static_cast<double>(expected[product]));
      const std::vector<float> out = run(table, scores, scores.segments);
      ASSERT_EQ(out[scores.out_index(0, 0)],
                static_cast<float>(std::nearbyint(256 * ratio / (1 + ratio))))
          << product;
    }
  }
}

// The largest sums of either sign, far outside of a byte's range.
TEST(AttentionI8Rounding, SaturatesAtBothEnds) {
  for (const KernelTable& table : tested_tables()) {
    SCOPED_TRACE(name_of(table));
    Case test({64, 2, 13, 3}, {0, 128, 128, 0});
    for (std::size_t d = 0; d < 64; ++d)
      for (std::size_t t = 0; t < 2; ++t) {
        test.q[test.index(d, t)] = 255;
        test.k[test.index(d, t)] = t == 0 ? 255 : 0;
        test.v[test.index(d, t)] = d % 2 == 0 ? 255 : 0;
      }
    test.score_rounding = {1e30F, 100};
    test.score_scale = 1.0F / 255;  // scores of 155 and -100 steps: probabilities differ by e
    test.out_scale = 1;
    std::vector<float> out = run(table, test, test.segments);
    const double larger = std::nearbyint(255 * std::exp(1.0) / (1 + std::exp(1.0)));
    const double smaller = std::nearbyint(255 / (1 + std::exp(1.0)));
    ASSERT_EQ(out[test.out_index(0, 0)], static_cast<float>(127 * (larger + smaller)));
    ASSERT_EQ(out[test.out_index(63, 1)], static_cast<float>(-128 * (larger + smaller)));
    test.out_rounding = {1e30F, 100};
    out = run(table, test, test.segments);
    for (std::size_t d = 0; d < 64; ++d)
      ASSERT_EQ(out[test.out_index(d, 1)], d % 2 == 0 ? 155.0F : -100.0F) << d;
  }
}

}  // namespace
}  // namespace filigree::kernels::testing
