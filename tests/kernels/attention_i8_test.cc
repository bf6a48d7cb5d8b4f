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

struct Zeros {
  std::int32_t q, k, v, p;
};
constexpr Zeros kZeros[] = {{128, 127, 131, 0}, {0, 255, 3, 0}, {255, 0, 255, 7}};

// Q, K and V of one sequence as bytes on quad panels; everything around them is random, other heads
// included.
struct Case {
  explicit Case(const Shape& shape_in, Zeros zeros_in = kZeros[0])
      : shape(shape_in),
        segments(segments_of(shape_in)),
        zeros(zeros_in),
        q(shape_in.panels() * quad_panel_bytes(shape_in.width())),
        k(q.size()),
        v(q.size()) {
    Random around(static_cast<std::uint32_t>(shape.first_lane * 64 + shape.first_feature));
    // The numbers depend on the head size and the count of tokens only, not on where the sequence
    // lies.
    Random random(static_cast<std::uint32_t>(shape.head_size * 1000 + shape.tokens));
    for (GuardedMemory<std::uint8_t>* matrix : {&q, &k, &v}) {
      around.fill(matrix->span());
      for (std::size_t d = 0; d < shape.head_size; ++d)
        for (std::size_t t = 0; t < shape.tokens; ++t) (*matrix)[index(d, t)] = random.byte();
    }
    // Scores of random bytes grow with the root of the head size: this gives them a spread of
    // about 2.
    score_scale = 2.0F / (5600.0F * std::sqrt(static_cast<float>(shape.head_size)));
  }
  std::size_t panel_bytes() const { return quad_panel_bytes(shape.width()); }
  std::size_t index(std::size_t feature, std::size_t token) const {
    const std::size_t at = shape.first_lane + token;
    const std::size_t f = shape.first_feature + feature;
    return at / kPanelTokens * panel_bytes() + f / 4 * 4 * kPanelTokens + 4 * (at % kPanelTokens) +
           f % 4;
  }
  std::size_t out_stride() const { return panel_floats(shape.width()); }
  std::size_t out_index(std::size_t feature, std::size_t token) const {
    const std::size_t at = shape.first_lane + token;
    return at / kPanelTokens * out_stride() + (shape.first_feature + feature) * kPanelTokens +
           at % kPanelTokens;
  }
  Quantization probabilities() const { return {p_scale, zeros.p}; }

  Shape shape;
  std::vector<TokenSegment> segments;
  Zeros zeros;
  GuardedMemory<std::uint8_t> q;
  GuardedMemory<std::uint8_t> k;
  GuardedMemory<std::uint8_t> v;
  float score_scale;
  float p_scale = 1.0F / 255;
  float out_scale = 0.0123F;
};

// `shares`: each call but the first one uses what the one before made of the keys.
std::vector<float> run(const KernelTable& table, const Case& test,
                       const std::vector<TokenSegment>& queries, bool shares = false) {
  GuardedMemory<float> out(test.shape.panels() * test.out_stride());
  std::fill(out.span().begin(), out.span().end(), kUntouched);
  GuardedMemory<std::byte> scratch(
      (attention_scratch_bytes(test.shape.head_size, test.shape.tokens) + 63) / 64 * 64);
  // What scratch holds before must not matter: neither as floats nor as integers is this 0.
  std::fill(scratch.span().begin(), scratch.span().end(), std::byte{0x3F});
  bool same_keys = false;
  for (const TokenSegment& part : queries) {
    table.attention_i8({.q = test.q.data(),
                        .k = test.k.data(),
                        .v = test.v.data(),
                        .u8_panel_stride = test.panel_bytes(),
                        .first_feature = test.shape.first_feature,
                        .head_size = test.shape.head_size,
                        .keys = test.segments.data(),
                        .key_segments = test.segments.size(),
                        .key_count = test.shape.tokens,
                        .queries = part,
                        .q_zero = test.zeros.q,
                        .k_zero = test.zeros.k,
                        .v_zero = test.zeros.v,
                        .score_scale = test.score_scale,
                        .p = test.probabilities(),
                        .out_scale = test.out_scale,
                        .out = out.data() + test.shape.first_feature * kPanelTokens,
                        .out_panel_stride = test.out_stride(),
                        .scratch = scratch.data(),
                        .same_keys = same_keys});
    same_keys = shares;
  }
  return {out.span().begin(), out.span().end()};
}

// Compares one query with attention in double precision. A probability that double precision puts
// next to a half may have been rounded to either side; nothing else may differ.
void expect_matches_reference(const Case& test, std::size_t query, const std::vector<float>& out) {
  const Shape& shape = test.shape;
  std::vector<double> p(shape.tokens);
  double largest = -1e300, magnitude = 0, sum = 0;
  for (std::size_t j = 0; j < shape.tokens; ++j) {
    int score = 0;
    for (std::size_t d = 0; d < shape.head_size; ++d)
      score +=
          (test.k[test.index(d, j)] - test.zeros.k) * (test.q[test.index(d, query)] - test.zeros.q);
    p[j] = static_cast<double>(score) * test.score_scale;
    largest = std::max(largest, p[j]);
    magnitude = std::max(magnitude, std::fabs(p[j]));
  }
  for (double& value : p) sum += value = std::exp(value - largest);
  // Conversion and scale of both scores, their difference, 2 ulp of exp, the sum, the reciprocal,
  // the product and the division.
  const double relative =
      (2 * 2 * magnitude + 2 * magnitude + 4 + static_cast<double>(shape.tokens) + 3) * kUnit;
  std::vector<bool> either_way(shape.tokens);
  for (std::size_t j = 0; j < shape.tokens; ++j) {
    const double steps = p[j] / sum / static_cast<double>(test.probabilities().scale);
    either_way[j] = std::fabs(steps - std::floor(steps) - 0.5) <= steps * relative;
    p[j] = std::clamp(std::nearbyint(steps) + test.zeros.p, 0.0, 255.0) - test.zeros.p;
  }
  for (std::size_t d = 0; d < shape.head_size; ++d) {
    double expected = 0, uncertain = 0;
    for (std::size_t j = 0; j < shape.tokens; ++j) {
      const double value = test.v[test.index(d, j)] - test.zeros.v;
      expected += value * p[j];
      if (either_way[j]) uncertain += std::fabs(value);
    }
    ASSERT_NEAR(out[test.out_index(d, query)], expected * test.out_scale,
                (uncertain + std::fabs(expected) * 2 * kUnit) * test.out_scale)
        << "feature " << d << ", query " << query;
  }
}

TEST(AttentionI8, MatchesReferenceOnEveryIsa) {
  for (const KernelTable& table : supported_tables())
    for (const Shape& shape : attention_shapes())
      for (const Zeros& zeros : kZeros) {
        SCOPED_TRACE(name_of(table) + ", " + shape.name() + ", q zero " + std::to_string(zeros.q));
        const Case test(shape, zeros);
        const std::vector<float> out = run(table, test, test.segments);
        for (std::size_t query = 0; query < shape.tokens; query += shape.reference_step())
          expect_matches_reference(test, query, out);
      }
}

// Scales with which all probabilities are small numbers, the large ones are clamped, nearly all
// are, and one whose reciprocal is not used.
TEST(AttentionI8, ClampsProbabilitiesWhateverTheirScale) {
  for (const KernelTable& table : supported_tables())
    for (const float p_scale : {0.5F, 0.0005F, 0x1p-21F, 0x1p-70F})
      for (const Zeros& zeros : kZeros) {
        SCOPED_TRACE(name_of(table) + ", scale " + std::to_string(p_scale) + ", q zero " +
                     std::to_string(zeros.q));
        Case test({12, 33, 13, 3}, zeros);
        test.p_scale = p_scale;
        const std::vector<float> out = run(table, test, test.segments);
        for (std::size_t query = 0; query < test.shape.tokens; ++query)
          expect_matches_reference(test, query, out);
      }
}

TEST(AttentionI8, WritesExactlyTheLanesOfTheQueries) {
  for (const KernelTable& table : supported_tables())
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
  for (const Shape& shape : attention_shapes()) {
    const Case test(shape);
    const std::vector<float> expected = run(supported_tables().front(), test, test.segments);
    for (const KernelTable& table : supported_tables())
      for (const std::size_t most : {1, 5, 8, 16, 64}) {
        if (most == 1 && shape.tokens > 100) continue;
        SCOPED_TRACE(name_of(table) + ", " + shape.name() + ", split by " + std::to_string(most));
        const bool shares = most != 16;
        const std::vector<float> out = run(table, test, split(test.segments, most), shares);
        for (std::size_t i = 0; i < out.size(); ++i)
          ASSERT_EQ(bits(out[i]), bits(expected[i])) << i;
      }
  }
}

TEST(AttentionI8, GivesTheSameBitsWhereverSequenceAndHeadStart) {
  for (const KernelTable& table : supported_tables()) {
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
  for (const KernelTable& table : supported_tables()) {
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
