#include "serve/tasks/entities.h"

#include <gtest/gtest.h>

namespace filigree::serve {
namespace {

const std::vector<std::string> kLabels = {"O", "B-PER", "I-PER", "B-LOC", "I-LOC"};

// Tokens of a text with the probabilities of kLabels.
class Tokens {
 public:
  Tokens& add(const std::string& text, std::vector<float> probabilities) {
    rows_.push_back(std::move(probabilities));
    LabelledToken token;
    token.continues = text.starts_with("##");
    token.text_skip = token.continues ? 2 : 0;
    const std::size_t length = text.size() - token.text_skip;
    token.start = token.continues || tokens_.empty() ? end_ : end_ + 1;
    end_ = token.end = token.start + length;
    token.text = text;
    token.index = tokens_.size() + 1;
    tokens_.push_back(std::move(token));
    return *this;
  }

  // "LABEL word start-end score", one an entity, joined by "; ".
  std::string found(Aggregation aggregation, const std::vector<std::string>& ignored = {"O"}) {
    for (std::size_t i = 0; i < tokens_.size(); ++i) tokens_[i].probabilities = rows_[i];
    std::string text;
    for (const Entity& entity : entities(tokens_, kLabels, aggregation, ignored)) {
      EXPECT_EQ(entity.is_grouped, aggregation != Aggregation::kNone);
      EXPECT_EQ(entity.index.has_value(), aggregation == Aggregation::kNone);
      char score[16];
      std::snprintf(score, sizeof score, "%.3f", static_cast<double>(entity.score));
      text += (text.empty() ? "" : "; ") + entity.label + " " + entity.word + " " +
              std::to_string(entity.start) + "-" + std::to_string(entity.end) + " " + score;
    }
    return text;
  }

 private:
  std::vector<LabelledToken> tokens_;
  std::vector<std::vector<float>> rows_;
  std::size_t end_ = 0;
};

// "ada love ##lace in london": Ada Lovelace is a person, whose last piece alone looks like a place.
Tokens lovelace() {
  Tokens tokens;
  tokens.add("ada", {0.1F, 0.8F, 0.1F, 0, 0});
  tokens.add("love", {0.2F, 0.1F, 0.6F, 0, 0.1F});
  tokens.add("##lace", {0, 0, 0.1F, 0.9F, 0});
  tokens.add("in", {0.9F, 0.1F, 0, 0, 0});
  tokens.add("london", {0.1F, 0, 0, 0.7F, 0.2F});
  return tokens;
}

TEST(Entities, WithoutAggregationEveryTokenIsByItself) {
  EXPECT_EQ(lovelace().found(Aggregation::kNone),
            "B-PER ada 0-3 0.800; I-PER love 4-8 0.600; B-LOC ##lace 8-12 0.900; "
            "B-LOC london 16-22 0.700");
}

TEST(Entities, SimpleGroupsNeighboursOfOneTag) {
  EXPECT_EQ(lovelace().found(Aggregation::kSimple),
            "PER ada love 0-8 0.700; LOC ##lace 8-12 0.900; LOC london 16-22 0.700");
}

TEST(Entities, FirstGivesAWordTheLabelOfItsFirstToken) {
  EXPECT_EQ(lovelace().found(Aggregation::kFirst),
            "PER ada lovelace 0-12 0.700; LOC london 16-22 0.700");
}

TEST(Entities, AverageGivesAWordTheLabelOfTheMean) {
  // love ##lace: means 0.1, 0.05, 0.35, 0.45, 0.05.
  EXPECT_EQ(lovelace().found(Aggregation::kAverage),
            "PER ada 0-3 0.800; LOC lovelace 4-12 0.450; LOC london 16-22 0.700");
}

TEST(Entities, MaxGivesAWordTheLabelOfItsSurestToken) {
  EXPECT_EQ(lovelace().found(Aggregation::kMax),
            "PER ada 0-3 0.800; LOC lovelace 4-12 0.900; LOC london 16-22 0.700");
}

TEST(Entities, ABeginningEndsTheGroupBeforeIt) {
  Tokens tokens;
  tokens.add("a", {0, 1, 0, 0, 0}).add("b", {0, 1, 0, 0, 0}).add("c", {0, 0, 1, 0, 0});
  tokens.add("d", {0, 0, 0, 0, 1}).add("e", {0, 0, 0, 0, 1});
  EXPECT_EQ(tokens.found(Aggregation::kSimple),
            "PER a 0-1 1.000; PER b c 2-5 1.000; LOC d e 6-9 1.000");
}

TEST(Entities, LeavesOutWhatIsIgnoredByTagOrLabel) {
  EXPECT_EQ(lovelace().found(Aggregation::kSimple, {"PER", "O"}),
            "LOC ##lace 8-12 0.900; LOC london 16-22 0.700");
  EXPECT_EQ(lovelace().found(Aggregation::kNone, {"B-LOC", "I-PER", "B-PER"}), "O in 13-15 0.900");
  EXPECT_EQ(lovelace().found(Aggregation::kFirst, {}),
            "PER ada lovelace 0-12 0.700; O in 13-15 0.900; LOC london 16-22 0.700");
}

TEST(Entities, WritesNoSpaceBeforeClosingPunctuation) {
  Tokens tokens;
  tokens.add("st", {0, 1, 0, 0, 0}).add(".", {0, 0, 1, 0, 0}).add("john", {0, 0, 1, 0, 0});
  tokens.add("'", {0, 0, 1, 0, 0}).add("s", {0, 0, 1, 0, 0});
  EXPECT_EQ(tokens.found(Aggregation::kSimple), "PER st. john ' s 0-13 1.000");
  EXPECT_EQ(tokens.found(Aggregation::kMax), "PER st. john ' s 0-13 1.000");
}

TEST(Entities, OfEqualProbabilitiesTakesTheFirst) {
  Tokens tokens;
  tokens.add("a", {0, 0.5F, 0.5F, 0, 0}).add("##b", {0, 0, 0.5F, 0.5F, 0});
  EXPECT_EQ(tokens.found(Aggregation::kNone), "B-PER a 0-1 0.500; I-PER ##b 1-2 0.500");
  EXPECT_EQ(tokens.found(Aggregation::kMax), "PER ab 0-2 0.500");
}

TEST(Entities, OfNothingIsNothing) {
  for (const Aggregation aggregation : {Aggregation::kNone, Aggregation::kAverage})
    EXPECT_TRUE(entities({}, kLabels, aggregation, {}).empty());
}

TEST(ParseAggregation, IgnoresCaseAndSpace) {
  EXPECT_EQ(parse_aggregation(" Average "), Aggregation::kAverage);
  EXPECT_EQ(parse_aggregation("NONE"), Aggregation::kNone);
  EXPECT_EQ(parse_aggregation("mean"), std::nullopt);
}

}  // namespace
}  // namespace filigree::serve
