#include "serve/tasks/zero_shot.h"

#include <gtest/gtest.h>

#include <cmath>

#include "tests/serve/bag_of_words.h"

namespace filigree::serve {
namespace {

// Logits entailment, neutral, contradiction, whatever the text: good entails, bad contradicts.
const auto kModel = bag_of_words(Bag::kSum, {{4, {1, 0, -1}}, {5, {-1, 0, 1}}, {10, {0.5F, 0, 0}}});

TaskParts parts() { return bag_parts(kModel, {"entailment", "neutral", "contradiction"}); }

std::string answer(const std::string& request, const ZeroShotOptions& options = {}) {
  return answer_text(ready_task(parts(), options).task, *kModel, request);
}

TEST(ZeroShot, RanksTheLabelsOfOneText) {
  const std::string text = answer(R"({"sequences": "in", "labels": ["bad", "good", "london"]})");
  EXPECT_EQ(text.find(R"({"sequences":"in","labels":["good","london","bad"],"scores":[)"), 0U)
      << text;
  const Json json = std::get<Json>(parse_json(text));
  const double sum = std::exp(1.0) + std::exp(0.5) + std::exp(-1.0);
  const auto& scores = *json.find("scores")->as_array();
  EXPECT_NEAR(*scores.at(0).as_double(), std::exp(1.0) / sum, 2e-7);
  EXPECT_NEAR(*scores.at(1).as_double(), std::exp(0.5) / sum, 2e-7);
  EXPECT_NEAR(*scores.at(2).as_double(), std::exp(-1.0) / sum, 2e-7);
}

TEST(ZeroShot, ScoresLabelsIndependentlyWithMultiClass) {
  const std::string text =
      answer(R"({"sequences": "in", "labels": "bad, good", "multi_class": true})");
  EXPECT_EQ(text.find(R"({"sequences":"in","labels":["good","bad"],"scores":[)"), 0U) << text;
  const Json json = std::get<Json>(parse_json(text));
  const auto& scores = *json.find("scores")->as_array();
  EXPECT_NEAR(*scores.at(0).as_double(), 1 / (1 + std::exp(-2.0)), 2e-7);
  EXPECT_NEAR(*scores.at(1).as_double(), 1 / (1 + std::exp(2.0)), 2e-7);
  // The request decides, also against the endpoint.
  const std::string request = R"({"sequences": "in", "labels": ["good"]})";
  EXPECT_NE(answer(request, {.multi_class = true}), answer(request));
  EXPECT_EQ(answer(R"({"sequences": "in", "labels": ["good"], "multi_class": false})",
                   {.multi_class = true}),
            answer(request));
}

TEST(ZeroShot, AnswersAListWithLists) {
  const std::string text = answer(R"({"sequences": ["in", "bad"], "labels": ["good"]})");
  EXPECT_EQ(text,
            R"({"sequences":["in","bad"],"labels":[["good"],["good"]],"scores":[[1.0],[1.0]]})");
}

TEST(ZeroShot, TakesTheLabelsOfTheEndpointOrOfTheRequestNotBoth) {
  const ZeroShotOptions options{.labels = std::vector<std::string>{"bad", "good"}};
  EXPECT_EQ(answer(R"({"sequences": "in"})", options).find(R"({"sequences":"in","labels":["good")"),
            0U);
  EXPECT_EQ(answer(R"({"sequences": "in", "labels": ["x"]})", options),
            "labels: the endpoint has labels of its own, expected none in the request "
            "(value_error)");
  EXPECT_EQ(answer(R"({"sequences": "in"})"),
            "labels: field required: the endpoint has no labels of its own (value_error.missing)");
}

TEST(ZeroShot, PutsTheLabelIntoTheTemplate) {
  EXPECT_EQ(hypothesis("about {}.", "x"), "about x.");
  EXPECT_EQ(hypothesis("{0}: {{{}}}", "x"), "x: {x}");
  for (const char* pattern : {"", "about", "{", "}", "{{}}", "{1}", "{label}", "{} {", "{} }"})
    EXPECT_EQ(hypothesis(pattern, "x"), std::nullopt) << pattern;
}

TEST(ZeroShot, CutsTheTextAndNeverTheHypothesis) {
  const ZeroShot pipeline(parts(), {.sequence_length = 9, .labels = {}});
  ZeroShotRequest request;
  request.sequences.texts = {"ada ada ada ada ada", "in"};
  request.labels = {"good", "good bad bad"};
  request.hypothesis_template = "about {}";
  CutReport cuts(9);
  const auto sequences = std::get<0>(pipeline.sequences(request, cuts));
  ASSERT_EQ(sequences.size(), 4U);
  EXPECT_EQ(sequences[0].ids, (std::vector<std::int32_t>{2, 7, 7, 7, 7, 3, 15, 4, 3}));
  EXPECT_EQ(sequences[1].ids, (std::vector<std::int32_t>{2, 7, 7, 3, 15, 4, 5, 5, 3}));
  EXPECT_EQ(sequences[1].type_ids, (std::vector<std::int32_t>{0, 0, 0, 0, 1, 1, 1, 1, 1}));
  EXPECT_EQ(sequences[2].ids, (std::vector<std::int32_t>{2, 11, 3, 15, 4, 3}));
  EXPECT_NE(cuts.warning(2).find("input 0 has 12 tokens"), std::string::npos) << cuts.warning(2);
}

TEST(ZeroShot, NamesTheFieldThatIsWrong) {
  EXPECT_EQ(answer("{}"),
            "sequences: field required (value_error.missing); labels: field required: the endpoint "
            "has no labels of its own (value_error.missing)");
  EXPECT_EQ(answer(R"({"sequences": "a", "labels": " , "})"),
            "labels: ensure this value has at least 1 items (value_error.list.min_items)");
  EXPECT_EQ(answer(R"({"sequences": [2], "labels": {}, "multi_class": 1,
                       "hypothesis_template": "x"})"),
            "sequences.0: str type expected, found number (type_error.str); "
            "labels: str or list of str type expected, found object (type_error.str); "
            "hypothesis_template: expected a text with {} where the label goes (value_error); "
            "multi_class: bool type expected, found number (type_error.bool)");
  EXPECT_EQ(answer(R"({"sequences": "in", "labels": ["in", "good good good good"]})",
                   {.sequence_length = 9}),
            "labels.1: the hypothesis has 8 tokens, sequence_length 9 has room for fewer than 6 "
            "(value_error)");
}

TEST(ZeroShot, RefusesRequestsThatWouldGrowBeyondMeasure) {
  Json texts = Json::array({});
  Json labels = Json::array({});
  for (int i = 0; i < 200; ++i) {
    texts.add("a");
    labels.add("b");
  }
  const auto many = zero_shot_request(
      Json::object({{"sequences", std::move(texts)}, {"labels", labels}}), ZeroShotOptions{});
  EXPECT_EQ(std::get<FieldErrors>(many).at(0).message,
            "200 sequences times 200 labels expected to be at most 16384");
  const auto large =
      zero_shot_request(Json::object({{"sequences", "a"},
                                      {"labels", labels},
                                      {"hypothesis_template", "{}" + std::string(100'000, 'x')}}),
                        ZeroShotOptions{});
  EXPECT_EQ(std::get<FieldErrors>(large).at(0).location.at(0), FieldStep("hypothesis_template"));
}

TEST(ZeroShot, RefusesModelsAndOptionsThatDoNotFit) {
  const auto message = [](const ZeroShotOptions& options) {
    return message_of([&] { ZeroShot(parts(), options); });
  };
  EXPECT_EQ(message({.entailment_index = 2}),
            "entailment_index and contradiction_index are both 2, expected two different logits");
  EXPECT_EQ(message({.contradiction_index = 3}),
            "bag.onnx: output 'logits' has 3 logits, entailment_index is 0 and contradiction_index "
            "3, expected numbers below 3");
  EXPECT_EQ(message({.hypothesis_template = "about"}),
            "hypothesis_template is 'about', expected a text with {} where the label goes");
  EXPECT_EQ(message({.sequence_length = 4}),
            "sequence_length 4 is too small: special tokens, a text and a hypothesis need at least "
            "5");
  const auto two = bag_of_words(Bag::kSum, {{4, {1, 2}}});
  EXPECT_NE(message_of([&] {
              ZeroShot(bag_parts(two, {"A", "B"}), {});
            }).find("has 2 logits"),
            std::string::npos);
}

TEST(ZeroShot, WarnsWhenTheModelCallsAnotherLogitEntailment) {
  EXPECT_TRUE(ready_task(parts(), ZeroShotOptions{}).warnings.empty());
  TaskParts other = parts();
  other.config->labels = {"CONTRADICTION", "NEUTRAL", "ENTAILMENT"};
  const auto warnings = ready_task(other, ZeroShotOptions{}).warnings;
  ASSERT_EQ(warnings.size(), 1U);
  EXPECT_EQ(warnings[0], "config.json: id2label calls logit 2 'ENTAILMENT', entailment_index is 0");
}

}  // namespace
}  // namespace filigree::serve
