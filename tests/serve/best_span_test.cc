#include "serve/tasks/best_span.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <random>
#include <vector>

namespace filigree::serve {
namespace {

constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();
constexpr float kInfinity = std::numeric_limits<float>::infinity();

// Tokens 2 to 6 of 8 are context.
constexpr SpanLimits kLimits{
    .n_best = 20, .max_answer_tokens = 3, .first_token = 2, .context_tokens = 5};

void expect_span(const std::optional<TokenSpan>& span, std::size_t first, std::size_t last,
                 float score) {
  ASSERT_TRUE(span);
  EXPECT_EQ(span->first, first);
  EXPECT_EQ(span->last, last);
  EXPECT_EQ(span->score, score);
}

TEST(BestSpan, AddsTheBestStartAndTheBestEnd) {
  const std::vector<float> starts = {0, 0, 1, 5, 2, 0, 0, 0};
  const std::vector<float> ends = {0, 0, 0, 1, 4, 2, 0, 0};
  expect_span(best_span(starts, ends, kLimits), 3, 4, 9);
}

TEST(BestSpan, IgnoresTokensOutsideTheContext) {
  const std::vector<float> starts = {9, 9, 1, 0, 0, 0, 0, 9};
  const std::vector<float> ends = {9, 9, 1, 0, 0, 0, 0, 9};
  expect_span(best_span(starts, ends, kLimits), 2, 2, 2);
}

TEST(BestSpan, NeverEndsBeforeItStarts) {
  const std::vector<float> starts = {0, 0, 0, 0, 0, 8, 0, 0};
  const std::vector<float> ends = {0, 0, 8, 0, 0, 0, 1, 0};
  expect_span(best_span(starts, ends, kLimits), 5, 6, 9);
}

TEST(BestSpan, AllowsTheLongestAnswerAndNothingLonger) {
  const std::vector<float> starts = {0, 0, 8, 0, 0, 0, 0, 0};
  std::vector<float> ends = {0, 0, 0, 0, 3, 4, 0, 0};
  expect_span(best_span(starts, ends, kLimits), 2, 4, 11);
  ends[4] = 0;
  expect_span(best_span(starts, ends, {20, 4, 2, 5}), 2, 5, 12);
}

TEST(BestSpan, LooksOnlyAtTheNBestOfTheWholeWindow) {
  const std::vector<float> starts = {9, 8, 1, 7, 0, 0, 0, 0};
  const std::vector<float> ends = {9, 8, 7, 1, 0, 0, 0, 0};
  // The three best starts are 0, 1, 3 and the three best ends 0, 1, 2: no pair is left. The fourth
  // end is 3.
  EXPECT_FALSE(best_span(starts, ends, {3, 15, 2, 5}));
  expect_span(best_span(starts, ends, {4, 15, 2, 5}), 3, 3, 8);
}

TEST(BestSpan, PrefersTheLaterStartAndThenTheLaterEndOfEqualSums) {
  const std::vector<float> starts = {0, 0, 5, 0, 5, 0, 0, 0};
  const std::vector<float> ends = {0, 0, 3, 0, 3, 3, 0, 0};
  expect_span(best_span(starts, ends, kLimits), 4, 5, 8);
}

TEST(BestSpan, PrefersTheLargerStartOfEqualSums) {
  const std::vector<float> starts = {0, 0, 6, 0, 0, 5, 0, 0};
  const std::vector<float> ends = {0, 0, 2, 0, 0, 3, 0, 0};
  expect_span(best_span(starts, ends, kLimits), 2, 2, 8);
}

// The same by sorting everything and trying all pairs in order.
std::optional<TokenSpan> span_by_trying(const std::vector<float>& starts,
                                        const std::vector<float>& ends, const SpanLimits& limits) {
  const auto largest = [&](const std::vector<float>& values) {
    std::vector<std::size_t> order(values.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::ranges::stable_sort(order, [&](std::size_t a, std::size_t b) {
      if (std::isnan(values[a]) || std::isnan(values[b]))
        return std::isnan(values[a]) && !std::isnan(values[b]);
      return values[a] < values[b];
    });
    std::ranges::reverse(order);
    order.resize(std::min(order.size(), limits.n_best));
    return order;
  };
  std::optional<TokenSpan> best;
  for (const std::size_t first : largest(starts)) {
    for (const std::size_t last : largest(ends)) {
      const bool fits = first >= limits.first_token && last >= first &&
                        last < limits.first_token + limits.context_tokens &&
                        last - first < limits.max_answer_tokens;
      const float score = starts[first] + ends[last];
      if (fits && std::isfinite(score) && (!best || score > best->score))
        best = TokenSpan{first, last, score};
    }
  }
  return best;
}

TEST(BestSpan, IsThatOfAllPairsTriedInOrder) {
  std::mt19937 random(1);
  const std::vector<float> few = {0, -0.0F, 1, -1, 2.5F, kNaN, kInfinity, -kInfinity};
  for (int round = 0; round < 2000; ++round) {
    const std::size_t tokens = 1 + random() % 60;
    SpanLimits limits{.n_best = 1 + random() % 25, .max_answer_tokens = 1 + random() % 10};
    limits.first_token = random() % tokens;
    limits.context_tokens = random() % (tokens - limits.first_token + 1);
    std::vector<float> starts(tokens), ends(tokens);
    for (std::vector<float>* values : {&starts, &ends})
      for (float& value : *values)
        value = round % 2 == 0 ? few[random() % few.size()]
                               : static_cast<float>(random() % 2000) / 100 - 10;
    const auto expected = span_by_trying(starts, ends, limits);
    const auto found = best_span(starts, ends, limits);
    ASSERT_EQ(found.has_value(), expected.has_value());
    if (found) expect_span(found, expected->first, expected->last, expected->score);
  }
}

TEST(BestSpan, FindsNothingInAnEmptyContext) {
  const std::vector<float> logits = {1, 2, 3};
  EXPECT_FALSE(best_span(logits, logits, {20, 15, 3, 0}));
}

TEST(BestSpan, NeverChoosesLogitsThatAreNotFinite) {
  const std::vector<float> starts = {0, 0, kNaN, kInfinity, 1, 0, 0, kNaN};
  const std::vector<float> ends = {0, 0, kNaN, kInfinity, 2, -kInfinity, kNaN, 0};
  expect_span(best_span(starts, ends, kLimits), 4, 4, 3);
}

TEST(BestSpan, FindsNothingWhenAllLogitsAreNaN) {
  const std::vector<float> logits(8, kNaN);
  EXPECT_FALSE(best_span(logits, logits, kLimits));
}

}  // namespace
}  // namespace filigree::serve
