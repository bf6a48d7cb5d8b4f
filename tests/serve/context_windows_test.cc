#include "serve/tasks/context_windows.h"

#include <gtest/gtest.h>

#include <limits>

namespace filigree::serve {
namespace {

using Ranges = std::vector<TokenRange>;

TEST(ContextWindows, UseOneWindowWhenBothTextsFit) {
  const WindowPlan plan = plan_windows({.question_tokens = 10,
                                        .context_tokens = 115,
                                        .room = 125,
                                        .doc_stride = 64,
                                        .num_spans = {}});
  EXPECT_EQ(plan.ranges, (Ranges{{0, 115}}));
  EXPECT_EQ(plan.question_tokens, 10U);
  EXPECT_EQ(plan.warning, "");
}

TEST(ContextWindows, OverlapByTheStrideUntilOneReachesTheEnd) {
  const WindowPlan plan = plan_windows({.question_tokens = 10,
                                        .context_tokens = 217,
                                        .room = 125,
                                        .doc_stride = 64,
                                        .num_spans = {}});
  // 115 tokens each, every 51.
  EXPECT_EQ(plan.ranges, (Ranges{{0, 115}, {51, 166}, {102, 217}}));
  EXPECT_EQ(plan.warning, "");
}

TEST(ContextWindows, AddAShortLastWindowForOneMoreToken) {
  const WindowPlan plan = plan_windows({.question_tokens = 10,
                                        .context_tokens = 116,
                                        .room = 125,
                                        .doc_stride = 64,
                                        .num_spans = {}});
  EXPECT_EQ(plan.ranges, (Ranges{{0, 115}, {51, 116}}));
}

TEST(ContextWindows, KeepOneEmptyWindowForAnEmptyContext) {
  const WindowPlan plan = plan_windows(
      {.question_tokens = 3, .context_tokens = 0, .room = 125, .doc_stride = 64, .num_spans = {}});
  EXPECT_EQ(plan.ranges, (Ranges{{0, 0}}));
  EXPECT_EQ(plan.warning, "");
}

TEST(ContextWindows, LeaveALongQuestionAloneWhenTheContextFitsBesideIt) {
  const WindowPlan plan = plan_windows({.question_tokens = 120,
                                        .context_tokens = 5,
                                        .room = 125,
                                        .doc_stride = 64,
                                        .num_spans = {}});
  EXPECT_EQ(plan.question_tokens, 120U);
  EXPECT_EQ(plan.warning, "");
}

TEST(ContextWindows, CutAQuestionThatLeavesTheContextLessThanHalf) {
  const WindowPlan plan = plan_windows({.question_tokens = 200,
                                        .context_tokens = 90,
                                        .room = 125,
                                        .doc_stride = 10,
                                        .num_spans = {}});
  EXPECT_EQ(plan.question_tokens, 62U);
  EXPECT_EQ(plan.ranges, (Ranges{{0, 63}, {53, 90}}));
  EXPECT_EQ(plan.warning,
            "the question has 200 tokens, the window of 125 leaves it 62: only its first 62 tokens "
            "are used");
}

TEST(ContextWindows, CutAQuestionToWhatAShortContextLeaves) {
  const WindowPlan plan = plan_windows({.question_tokens = 200,
                                        .context_tokens = 5,
                                        .room = 125,
                                        .doc_stride = 64,
                                        .num_spans = {}});
  EXPECT_EQ(plan.question_tokens, 120U);
  EXPECT_EQ(plan.ranges, (Ranges{{0, 5}}));
}

TEST(ContextWindows, ReplaceAStrideThatDoesNotFitBesideTheQuestion) {
  const WindowPlan plan = plan_windows({.question_tokens = 25,
                                        .context_tokens = 250,
                                        .room = 125,
                                        .doc_stride = 100,
                                        .num_spans = {}});
  EXPECT_EQ(plan.ranges, (Ranges{{0, 100}, {50, 150}, {100, 200}, {150, 250}}));
  EXPECT_EQ(plan.warning,
            "doc_stride 100 does not fit into the 100 tokens that the question leaves to the "
            "context: 50 is used");
}

TEST(ContextWindows, SayNothingAboutAStrideThatIsNotNeeded) {
  const WindowPlan plan = plan_windows({.question_tokens = 25,
                                        .context_tokens = 100,
                                        .room = 125,
                                        .doc_stride = 500,
                                        .num_spans = {}});
  EXPECT_EQ(plan.warning, "");
}

TEST(ContextWindows, StopAtTheGivenNumberWithAWarning) {
  const WindowPlan plan = plan_windows({.question_tokens = 10,
                                        .context_tokens = 300,
                                        .room = 125,
                                        .doc_stride = 64,
                                        .num_spans = 2});
  EXPECT_EQ(plan.ranges, (Ranges{{0, 115}, {51, 166}}));
  EXPECT_EQ(plan.warning, "num_spans 2 leaves out the context after its first 166 of 300 tokens");
}

TEST(ContextWindows, KeepALongQuestionWhoseWindowsStillAdvance) {
  const WindowPlan plan = plan_windows({.question_tokens = 100,
                                        .context_tokens = 40,
                                        .room = 125,
                                        .doc_stride = 10,
                                        .num_spans = {}});
  EXPECT_EQ(plan.question_tokens, 100U);
  EXPECT_EQ(plan.ranges, (Ranges{{0, 25}, {15, 40}}));
  EXPECT_EQ(plan.warning, "");
}

TEST(ContextWindows, CutAQuestionThatLeavesTheContextNoMoreThanTheStride) {
  const WindowPlan plan = plan_windows({.question_tokens = 100,
                                        .context_tokens = 70,
                                        .room = 125,
                                        .doc_stride = 25,
                                        .num_spans = {}});
  EXPECT_EQ(plan.question_tokens, 62U);
  EXPECT_EQ(plan.ranges, (Ranges{{0, 63}, {38, 70}}));
}

TEST(ContextWindows, StopAtTheMostThatARequestMayHave) {
  // The windows advance by one token.
  for (const std::optional<std::size_t> num_spans : {std::optional<std::size_t>(), {1'000'000}}) {
    const WindowPlan plan = plan_windows({.question_tokens = 60,
                                          .context_tokens = 1'000'000,
                                          .room = 125,
                                          .doc_stride = 64,
                                          .num_spans = num_spans});
    EXPECT_EQ(plan.ranges.size(), kMaxWindows);
    EXPECT_EQ(plan.warning,
              "the limit of 16384 windows leaves out the context after its first 16448 of "
              "1000000 tokens");
  }
}

TEST(ContextWindows, WorkInTheSmallestRoom) {
  const WindowPlan plan = plan_windows(
      {.question_tokens = 9, .context_tokens = 3, .room = 2, .doc_stride = 64, .num_spans = {}});
  EXPECT_EQ(plan.question_tokens, 1U);
  EXPECT_EQ(plan.ranges, (Ranges{{0, 1}, {1, 2}, {2, 3}}));
}

TEST(ContextWindows, SurviveAbsurdCounts) {
  constexpr std::size_t kHuge = std::numeric_limits<std::size_t>::max();
  const WindowPlan plan = plan_windows({.question_tokens = kHuge,
                                        .context_tokens = kHuge,
                                        .room = 125,
                                        .doc_stride = kHuge,
                                        .num_spans = 1});
  EXPECT_EQ(plan.question_tokens, 62U);
  EXPECT_EQ(plan.ranges, (Ranges{{0, 63}}));
}

}  // namespace
}  // namespace filigree::serve
