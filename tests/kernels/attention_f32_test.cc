#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "kernels/attention.h"
#include "tests/kernels/attention_support.h"
#include "tests/kernels/guarded_memory.h"
#include "tests/kernels/op_support.h"

namespace filigree::kernels::testing {
namespace {

constexpr float kUntouched = -12345.0F;

// Q, K and V of one sequence, feature by feature, and the same laid on panels in which everything
// else is not a number.
struct Case {
  explicit Case(const Shape& shape_in)
      : shape(shape_in),
        segments(segments_of(shape_in)),
        q(shape_in.panels() * panel_floats(shape_in.width())),
        k(q.size()),
        v(q.size()) {
    // The numbers depend on the head size and the count of tokens only, not on where the sequence
    // lies.
    Random random(static_cast<std::uint32_t>(shape.head_size * 1000 + shape.tokens));
    for (GuardedMemory<float>* matrix : {&q, &k, &v}) {
      std::fill(matrix->span().begin(), matrix->span().end(), kNaN);
      for (std::size_t d = 0; d < shape.head_size; ++d)
        for (std::size_t t = 0; t < shape.tokens; ++t)
          (*matrix)[index(d, t)] = random.uniform(-2, 2);
    }
  }
  std::size_t panel_stride() const { return panel_floats(shape.width()); }
  std::size_t index(std::size_t feature, std::size_t token) const {
    const std::size_t at = shape.first_lane + token;
    return at / kPanelTokens * panel_stride() + (shape.first_feature + feature) * kPanelTokens +
           at % kPanelTokens;
  }

  Shape shape;
  std::vector<TokenSegment> segments;
  GuardedMemory<float> q;
  GuardedMemory<float> k;
  GuardedMemory<float> v;
  float score_scale = 0.35F;
};

// The output panels after a call for each of `queries`.
std::vector<float> run(const KernelTable& table, const Case& test,
                       const std::vector<TokenSegment>& queries) {
  const std::size_t head = test.shape.first_feature * kPanelTokens;
  GuardedMemory<float> out(test.q.size());
  std::fill(out.span().begin(), out.span().end(), kUntouched);
  GuardedMemory<std::byte> scratch(
      (attention_scratch_bytes(test.shape.head_size, test.shape.tokens) + 63) / 64 * 64);
  // What scratch holds before must not matter: neither as floats nor as integers is this 0.
  std::fill(scratch.span().begin(), scratch.span().end(), std::byte{0x3F});
  for (const TokenSegment& part : queries)
    table.attention_f32({.q = test.q.data() + head,
                         .k = test.k.data() + head,
                         .v = test.v.data() + head,
                         .panel_stride = test.panel_stride(),
                         .head_size = test.shape.head_size,
                         .keys = test.segments.data(),
                         .key_segments = test.segments.size(),
                         .key_count = test.shape.tokens,
                         .queries = part,
                         .score_scale = test.score_scale,
                         .out = out.data() + head,
                         .scratch = scratch.data()});
  return {out.span().begin(), out.span().end()};
}

struct Expected {
  double value;
  double tolerance;
};

// One query by attention in double precision, feature by feature.
std::vector<Expected> expected_outputs(const Case& test, std::size_t query) {
  const Shape& shape = test.shape;
  const double keys = static_cast<double>(shape.tokens);
  std::vector<double> p(shape.tokens);
  double largest = -1e300, score_error = 0, sum = 0;
  for (std::size_t j = 0; j < shape.tokens; ++j) {
    double magnitude = 0;
    for (std::size_t d = 0; d < shape.head_size; ++d) {
      const double product =
          static_cast<double>(test.k[test.index(d, j)]) * test.q[test.index(d, query)];
      p[j] += product * test.score_scale;
      magnitude += std::fabs(product) * test.score_scale;
    }
    largest = std::max(largest, p[j]);
    // One rounding for each product, one for the scale.
    score_error =
        std::max(score_error, magnitude * (static_cast<double>(shape.head_size) + 1) * kUnit);
  }
  for (double& value : p) sum += value = std::exp(value - largest);
  // Errors of a score and of the largest one, the rounded difference, 2 ulp of exp, sums of `keys`
  // terms above and below, the reciprocal and the product with it.
  const double relative =
      2 * (2 * score_error + 2 * std::fabs(largest) * kUnit + 4 * kUnit) + (2 * keys + 2) * kUnit;
  std::vector<Expected> outputs;
  for (std::size_t d = 0; d < shape.head_size; ++d) {
    double expected = 0, magnitude = 0;
    for (std::size_t j = 0; j < shape.tokens; ++j) {
      expected += test.v[test.index(d, j)] * p[j] / sum;
      magnitude += std::fabs(test.v[test.index(d, j)]) * p[j] / sum;
    }
    outputs.push_back({expected, magnitude * relative});
  }
  return outputs;
}

TEST(AttentionF32, MatchesReferenceOnEveryIsa) {
  for (const Shape& shape : attention_shapes()) {
    const Case test(shape);
    std::vector<std::vector<float>> outs;
    for (const KernelTable& table : tested_tables())
      outs.push_back(run(table, test, test.segments));
    for (std::size_t query = 0; query < shape.tokens; query += shape.reference_step()) {
      const std::vector<Expected> want = expected_outputs(test, query);
      for (std::size_t isa = 0; isa < outs.size(); ++isa)
        for (std::size_t d = 0; d < shape.head_size; ++d)
          ASSERT_NEAR(outs[isa][test.index(d, query)], want[d].value, want[d].tolerance)
              << name_of(tested_tables()[isa]) << ", " << shape.name() << ", feature " << d
              << ", query " << query;
    }
  }
}

TEST(AttentionF32, WritesExactlyTheLanesOfTheQueries) {
  for (const KernelTable& table : tested_tables())
    for (const Shape& shape : attention_shapes()) {
      SCOPED_TRACE(name_of(table) + ", " + shape.name());
      const Case test(shape);
      std::vector<float> out = run(table, test, test.segments);
      for (std::size_t d = 0; d < shape.head_size; ++d)
        for (std::size_t t = 0; t < shape.tokens; ++t) {
          ASSERT_NE(out[test.index(d, t)], kUntouched);
          out[test.index(d, t)] = kUntouched;
        }
      for (std::size_t i = 0; i < out.size(); ++i) ASSERT_EQ(out[i], kUntouched) << "at " << i;
    }
}

TEST(AttentionF32, GivesTheSameBitsOnEveryIsaAndForEverySplitOfTheQueries) {
  for (const Shape& shape : attention_shapes()) {
    const Case test(shape);
    const std::vector<float> expected = run(supported_tables().front(), test, test.segments);
    for (const KernelTable& table : tested_tables())
      for (const std::size_t most : {1, 5, 8, 16, 64}) {
        if (most == 1 && shape.tokens > 100) continue;
        SCOPED_TRACE(name_of(table) + ", " + shape.name() + ", split by " + std::to_string(most));
        const std::vector<float> out = run(table, test, split(test.segments, most));
        ASSERT_EQ(first_difference(out, expected), out.size());
      }
  }
}

TEST(AttentionF32, GivesTheSameBitsWhereverTheSequenceStarts) {
  for (const KernelTable& table : tested_tables()) {
    const Case at_zero({26, 70, 0, 0});
    const std::vector<float> expected = run(table, at_zero, at_zero.segments);
    for (std::size_t first_lane = 1; first_lane < kPanelTokens; ++first_lane) {
      const Case test({26, 70, first_lane, first_lane % 3});
      SCOPED_TRACE(name_of(table) + ", " + test.shape.name());
      const std::vector<float> out = run(table, test, test.segments);
      for (std::size_t d = 0; d < 26; ++d)
        for (std::size_t t = 0; t < 70; ++t)
          ASSERT_EQ(bits(out[test.index(d, t)]), bits(expected[at_zero.index(d, t)]));
    }
  }
}

TEST(AttentionF32, OfDistantScoresPicksTheLargest) {
  for (const KernelTable& table : tested_tables()) {
    Case test({4, 20, 60, 0});
    test.score_scale = 1e4F;
    const std::vector<float> out = run(table, test, test.segments);
    for (std::size_t query = 0; query < 20; ++query) {
      std::size_t best = 0;
      double largest = -1e300;
      for (std::size_t j = 0; j < 20; ++j) {
        double score = 0;
        for (std::size_t d = 0; d < 4; ++d)
          score += static_cast<double>(test.k[test.index(d, j)]) * test.q[test.index(d, query)];
        if (score > largest) {
          largest = score;
          best = j;
        }
      }
      EXPECT_EQ(out[test.index(0, query)], test.v[test.index(0, best)]) << "query " << query;
    }
  }
}

}  // namespace
}  // namespace filigree::kernels::testing
