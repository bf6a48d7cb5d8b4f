#include "tools/evaluation/squad_metric.h"

#include <gtest/gtest.h>

#include <vector>

namespace filigree::tools {
namespace {

// Expected values are those of the official script's rules applied by Python 3.11.
TEST(SquadMetric, NormalisesInTheOfficialOrder) {
  EXPECT_EQ(normalized_answer("The  Quick, brown\tfox!"), "quick brown fox");
  EXPECT_EQ(normalized_answer("a an the"), "");
  EXPECT_EQ(normalized_answer("theatre of an area"), "theatre of area");
  // Punctuation is removed, not replaced: what it parted becomes one word.
  EXPECT_EQ(normalized_answer("the-cat"), "thecat");
  EXPECT_EQ(normalized_answer("a_b"), "ab");
  EXPECT_EQ(normalized_answer("U.S.A."), "usa");
  EXPECT_EQ(normalized_answer("$5.00"), "500");
}

TEST(SquadMetric, NormalisesUnicodeAsPythonDoes) {
  EXPECT_EQ(normalized_answer("Éclair"), "éclair");
  EXPECT_EQ(normalized_answer("ÅNGSTRÖM"), "ångström");
  EXPECT_EQ(normalized_answer("\u0130x"), "i\u0307x");
  // A dash outside ASCII stays and bounds the article before it.
  EXPECT_EQ(normalized_answer("a\u2013b"), "\u2013b");
  EXPECT_EQ(normalized_answer("a\u2019s"), "\u2019s");
  EXPECT_EQ(normalized_answer("x\u00a0the\u3000y"), "x y");
  // A combining mark is no word character: the article before it goes.
  EXPECT_EQ(normalized_answer("a\u0301"), "\u0301");
  EXPECT_EQ(normalized_answer("\u4e00a"), "\u4e00a");
}

TEST(SquadMetric, InvalidUtf8DoesNotThrow) {
  EXPECT_EQ(normalized_answer("\xff the \xc3"), "\ufffd \ufffd");
}

TEST(SquadMetric, F1CountsCommonWordsWithRepetition) {
  EXPECT_DOUBLE_EQ(word_f1("one two three", "one two three"), 1);
  EXPECT_DOUBLE_EQ(word_f1("one two", "two three four"), 0.4);
  EXPECT_DOUBLE_EQ(word_f1("b b", "b"), 2.0 / 3.0);
  EXPECT_DOUBLE_EQ(word_f1("x", "y"), 0);
  EXPECT_DOUBLE_EQ(word_f1("", "y"), 0);
}

TEST(SquadMetric, EachMeasureIsTheBestOverTheAnswers) {
  const std::vector<std::string> answers = {"308 points", "only 308", "308"};
  const SquadScore exact = squad_score("the 308", answers);
  EXPECT_EQ(exact.exact_match, 1);
  EXPECT_EQ(exact.f1, 1);
  const SquadScore near = squad_score("308 points here", answers);
  EXPECT_EQ(near.exact_match, 0);
  EXPECT_DOUBLE_EQ(near.f1, 0.8);
}

TEST(SquadMetric, EmptyPredictionOfAnArticleMatchesExactlyButSharesNoWord) {
  EXPECT_TRUE(exact_match("the", ""));
  EXPECT_EQ(word_f1("the", ""), 0);
}

}  // namespace
}  // namespace filigree::tools
