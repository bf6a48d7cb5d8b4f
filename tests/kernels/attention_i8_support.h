// One sequence of bytes for integer attention, and what attention in double precision makes of it.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <string>
#include <vector>

#include "kernels/attention.h"
#include "tests/kernels/attention_support.h"
#include "tests/kernels/guarded_memory.h"
#include "tests/kernels/op_support.h"

namespace filigree::kernels::testing {

inline constexpr float kUntouched = -12345.0F;

struct Zeros {
  std::int32_t q, k, v, p;
};
inline constexpr Zeros kZeros[] = {{128, 127, 131, 0}, {0, 255, 3, 0}, {255, 0, 255, 7}};

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
  // Rounds both products, with steps that spread so far that some saturate.
  void round(std::int32_t zero_point) {
    score_rounding = {60.0F / (5600.0F * std::sqrt(static_cast<float>(shape.head_size))),
                      zero_point};
    score_scale = 2.0F / 60;
    out_rounding = {0.0053F, zero_point};
  }

  Shape shape;
  std::vector<TokenSegment> segments;
  Zeros zeros;
  GuardedMemory<std::uint8_t> q;
  GuardedMemory<std::uint8_t> k;
  GuardedMemory<std::uint8_t> v;
  float score_scale;
  float p_scale = 1.0F / 255;
  float out_scale = 0.0123F;
  std::optional<Requantization> score_rounding;
  std::optional<Requantization> out_rounding;
};

// `shares`: each call but the first one uses what the one before made of the keys.
inline std::vector<float> run(const KernelTable& table, const Case& test,
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
                        .score_rounding = test.score_rounding ? &*test.score_rounding : nullptr,
                        .p = test.probabilities(),
                        .out_scale = test.out_scale,
                        .out_rounding = test.out_rounding ? &*test.out_rounding : nullptr,
                        .out = out.data() + test.shape.first_feature * kPanelTokens,
                        .out_panel_stride = test.out_stride(),
                        .scratch = scratch.data(),
                        .same_keys = same_keys});
    same_keys = shares;
  }
  return {out.span().begin(), out.span().end()};
}

// The integer product of the formula, which floats hold exactly, rounded to steps from the zero
// point.
inline double rounded(double sum, const Requantization& rounding) {
  const float steps = std::nearbyint(static_cast<float>(sum) * rounding.factor);
  const float low = static_cast<float>(-rounding.zero_point);
  return static_cast<double>(std::clamp(steps, low, low + 255));
}

struct Bounds {
  double low;
  double high;
};

// One query by attention in double precision, feature by feature. A probability that double
// precision puts next to a half may have been rounded to either side; nothing else may differ.
inline std::vector<Bounds> expected_outputs(const Case& test, std::size_t query) {
  const Shape& shape = test.shape;
  std::vector<double> p(shape.tokens);
  double largest = -1e300, magnitude = 0, sum = 0;
  for (std::size_t j = 0; j < shape.tokens; ++j) {
    int score = 0;
    for (std::size_t d = 0; d < shape.head_size; ++d)
      score +=
          (test.k[test.index(d, j)] - test.zeros.k) * (test.q[test.index(d, query)] - test.zeros.q);
    const double product = test.score_rounding ? rounded(score, *test.score_rounding) : score;
    p[j] = product * test.score_scale;
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
  std::vector<Bounds> outputs;
  for (std::size_t d = 0; d < shape.head_size; ++d) {
    double expected = 0, uncertain = 0;
    for (std::size_t j = 0; j < shape.tokens; ++j) {
      const double value = test.v[test.index(d, j)] - test.zeros.v;
      expected += value * p[j];
      if (either_way[j]) uncertain += std::fabs(value);
    }
    if (test.out_rounding) {
      const auto steps = [&](double value) {
        return static_cast<float>(rounded(value, *test.out_rounding)) * test.out_scale;
      };
      outputs.push_back({steps(expected - uncertain), steps(expected + uncertain)});
      continue;
    }
    const double tolerance =
        (uncertain + std::fabs(expected) * 2 * kUnit) * static_cast<double>(test.out_scale);
    const double value = expected * static_cast<double>(test.out_scale);
    outputs.push_back({value - tolerance, value + tolerance});
  }
  return outputs;
}

// On every instruction set.
inline void expect_matches_reference(const Case& test) {
  std::vector<std::vector<float>> outs;
  for (const KernelTable& table : tested_tables()) outs.push_back(run(table, test, test.segments));
  for (std::size_t query = 0; query < test.shape.tokens; query += test.shape.reference_step()) {
    const std::vector<Bounds> want = expected_outputs(test, query);
    for (std::size_t isa = 0; isa < outs.size(); ++isa)
      for (std::size_t d = 0; d < test.shape.head_size; ++d) {
        const double found = outs[isa][test.out_index(d, query)];
        ASSERT_TRUE(found >= want[d].low && found <= want[d].high)
            << found << " is not in " << want[d].low << ".." << want[d].high << ", "
            << name_of(tested_tables()[isa]) << ", " << test.shape.name() << ", feature " << d
            << ", query " << query;
      }
  }
}

// On every instruction set, with the queries split in several ways.
inline void expect_same_bits(const Case& test) {
  const std::vector<float> expected = run(supported_tables().front(), test, test.segments);
  for (const KernelTable& table : tested_tables())
    for (const std::size_t most : {1, 5, 8, 16, 64}) {
      if (most == 1 && test.shape.tokens > 100) continue;
      SCOPED_TRACE(name_of(table) + ", " + test.shape.name() + ", split by " +
                   std::to_string(most));
      const bool shares = most != 16;
      const std::vector<float> out = run(table, test, split(test.segments, most), shares);
      ASSERT_EQ(first_difference(out, expected), out.size());
    }
}

}  // namespace filigree::kernels::testing
