#include "serve/tasks/text_classification.h"

#include <gtest/gtest.h>

#include <cmath>

#include "tests/serve/bag_of_words.h"

namespace filigree::serve {
namespace {

// good is worth 1 for POSITIVE, bad 1 for NEGATIVE, and [SEP] a little for NEUTRAL.
const auto kModel = bag_of_words(Bag::kSum, {{4, {0, 0, 1}}, {5, {1, 0, 0}}, {3, {0, 0.25F, 0}}});
const std::vector<std::string> kLabels = {"NEGATIVE", "NEUTRAL", "POSITIVE"};

Task task_of(const TextClassificationOptions& options = {}) {
  return ready_task(bag_parts(kModel, kLabels), options).task;
}

std::string answer(const std::string& request, const TextClassificationOptions& options = {}) {
  return answer_text(task_of(options), *kModel, request);
}

std::vector<double> scores(const std::string& text) {
  const Json json = std::get<Json>(parse_json(text));
  const Json* list = json.find("scores");
  if (list->as_array()->front().as_array() != nullptr) list = &list->as_array()->front();
  std::vector<double> values;
  for (const Json& score : *list->as_array()) values.push_back(*score.as_double());
  return values;
}

TEST(TextClassification, AnswersATextWithItsBestLabelAndProbability) {
  const std::string text = answer(R"({"sequences": "good good"})");
  EXPECT_EQ(text.find(R"({"labels":["POSITIVE"],"scores":[0.)"), 0U) << text;
  // exp(2) / (exp(0) + exp(0.25) + exp(2))
  EXPECT_NEAR(scores(text).at(0), std::exp(2.0) / (1 + std::exp(0.25) + std::exp(2.0)), 2e-7);
}

TEST(TextClassification, AnswersListsOfTextsAndPairsInOrder) {
  const std::string text =
      answer(R"({"sequences": ["good", ["bad"], ["bad", "good good"], ["good", "bad bad"]]})");
  EXPECT_EQ(text.find(R"({"labels":["POSITIVE","NEGATIVE","POSITIVE","NEGATIVE"],"scores":[)"), 0U)
      << text;
  EXPECT_EQ(scores(text).size(), 4U);
}

TEST(TextClassification, BuildsPairsWithTwoSeparatorsAndTypes) {
  const TextClassification pipeline(bag_parts(kModel, kLabels), {});
  CutReport cuts(pipeline.sequence_length());
  const runtime::Sequence pair = pipeline.sequence({"good", "bad bad"}, 0, cuts);
  EXPECT_EQ(pair.ids, (std::vector<std::int32_t>{2, 4, 3, 5, 5, 3}));
  EXPECT_EQ(pair.type_ids, (std::vector<std::int32_t>{0, 0, 0, 1, 1, 1}));
}

TEST(TextClassification, GivesTheBestLabelsWithTopK) {
  const std::string two = answer(R"({"sequences": "good"})", {.top_k = 2});
  EXPECT_EQ(two.find(R"({"labels":[["POSITIVE","NEUTRAL"]],"scores":[[)"), 0U) << two;
  const std::string all = answer(R"({"sequences": "bad"})", {.return_all_scores = true});
  EXPECT_EQ(all.find(R"({"labels":[["NEGATIVE","NEUTRAL","POSITIVE"]],"scores":[[)"), 0U) << all;
  const std::vector<double> values = scores(all);
  EXPECT_NEAR(values.at(0) + values.at(1) + values.at(2), 1, 3e-7);
  EXPECT_EQ(answer(R"({"sequences": "bad"})", {.top_k = 99}), all);
}

TEST(TextClassification, OfEqualLabelsTakesTheFirst) {
  EXPECT_EQ(answer(R"({"sequences": "good bad"})").find(R"({"labels":["NEGATIVE"])"), 0U);
}

TEST(TextClassification, TakesTheSigmoidOfOneLabelAndOfSeveralThatMayBeTrue) {
  const auto one = bag_of_words(Bag::kSum, {{4, {1}}, {5, {-200}}});
  const Task task = ready_task(bag_parts(one, {"SPAM"}), TextClassificationOptions{}).task;
  const std::string text = answer_text(task, *one, R"({"sequences": ["good good", "", "bad"]})");
  EXPECT_EQ(text.find(R"({"labels":["SPAM","SPAM","SPAM"])"), 0U) << text;
  EXPECT_NEAR(scores(text).at(0), 1 / (1 + std::exp(-2.0)), 2e-7);
  EXPECT_EQ(scores(text).at(1), 0.5);
  EXPECT_EQ(scores(text).at(2), 0);

  TaskParts parts = bag_parts(kModel, kLabels);
  parts.config->multi_label = true;
  const Task several = ready_task(parts, TextClassificationOptions{.top_k = 3}).task;
  const std::vector<double> values =
      scores(answer_text(several, *kModel, R"({"sequences": "good"})"));
  EXPECT_NEAR(values.at(0), 1 / (1 + std::exp(-1.0)), 2e-7);
  EXPECT_NEAR(values.at(1), 1 / (1 + std::exp(-0.25)), 2e-7);
}

TEST(TextClassification, CutsLongTextsAndSaysSo) {
  const TextClassificationOptions options{.sequence_length = 5};
  // [CLS] bad bad bad [SEP]
  const std::string text =
      answer(R"({"sequences": ["good", "bad bad bad good good good good"]})", options);
  EXPECT_EQ(text.find(R"({"labels":["POSITIVE","NEGATIVE"])"), 0U) << text;
  EXPECT_NE(text.find(R"("warning":"input 1 has 9 tokens, of which sequence_length keeps 5"})"),
            std::string::npos)
      << text;
  EXPECT_EQ(answer(R"({"sequences": "bad bad bad"})", options).find("warning"), std::string::npos);
  EXPECT_NE(answer(R"({"sequences": [["bad bad", "good"], "bad bad bad bad"]})", options)
                .find("; 2 of 2 inputs were cut"),
            std::string::npos);
}

TEST(TextClassification, AnswersEmptyAndForeignTexts) {
  const std::string text = answer("{\"sequences\": [\"\", \"\xe4\xbd\xa0\xf0\x9f\x90\xa6\"]}");
  EXPECT_EQ(text.find(R"({"labels":["NEUTRAL","NEUTRAL"])"), 0U) << text;
}

TEST(TextClassification, NamesTheFieldThatIsWrong) {
  EXPECT_EQ(answer("{}"), "sequences: field required (value_error.missing)");
  EXPECT_EQ(answer("[]"), ": object with 'sequences' expected, found array (type_error.dict)");
  EXPECT_EQ(answer(R"({"sequences": null})"),
            "sequences: none is not an allowed value (type_error.none.not_allowed)");
  EXPECT_EQ(
      answer(R"({"sequences": 3})"),
      "sequences: str or list of texts or pairs type expected, found number (type_error.str)");
  EXPECT_EQ(answer(R"({"sequences": []})"),
            "sequences: ensure this value has at least 1 items (value_error.list.min_items)");
  EXPECT_EQ(answer(R"({"sequences": ["a", 1, ["a", null], [], ["a", "b", "c"]]})"),
            "sequences.1: str or list of str type expected, found number (type_error.str); "
            "sequences.2.1: str type expected, found null (type_error.str); "
            "sequences.3: one text or a pair expected, found 0 (value_error.list.length); "
            "sequences.4: one text or a pair expected, found 3 (value_error.list.length)");
}

TEST(TextClassification, RefusesMoreTextsThanARequestMayHave) {
  Json list = Json::array({});
  for (std::size_t i = 0; i <= kMostSequences; ++i) list.add("");
  const auto read = texts_to_classify(Json::object({{"sequences", std::move(list)}}));
  EXPECT_EQ(std::get<FieldErrors>(read).at(0).type, "value_error.list.max_items");
}

TEST(TextClassification, RefusesModelsAndLabelsThatDoNotFit) {
  const auto message = [](const TaskParts& parts, const TextClassificationOptions& options = {}) {
    return message_of([&] { TextClassification(parts, options); });
  };
  EXPECT_EQ(message(bag_parts(bag_of_words(Bag::kQuestions, {{4, {1, 2}}}), {"A", "B"})),
            "bag.onnx: outputs are 'start_logits', 'end_logits', text classification expected "
            "'logits' of shape [1, labels]");
  EXPECT_EQ(message(bag_parts(bag_of_words(Bag::kToken, {{4, {1, 2}}}), {"A", "B"})),
            "bag.onnx: output 'logits' is FLOAT [1, 2, 2] for a sequence of 2 tokens, text "
            "classification expected 'logits' of shape [1, labels]");
  EXPECT_EQ(message(bag_parts(kModel, {"A", "B"})),
            "config.json: names 2 labels, text classification expected the 3 labels of 'logits' as "
            "id2label");
  TaskParts parts = bag_parts(kModel, kLabels);
  EXPECT_EQ(message(parts, {.top_k = 2, .return_all_scores = true}),
            "return_all_scores means the 3 labels of the model, top_k is 2, expected one of the "
            "two");
  EXPECT_EQ(message(parts, {.sequence_length = 4}),
            "sequence_length 4 is too small: special tokens and a pair of texts need at least 5");
  parts.config.reset();
  EXPECT_EQ(message(parts),
            "bag.onnx: there is no config.json beside it, text classification expected the 3 "
            "labels of 'logits' as id2label");
}

TEST(TextClassification, RefusesOutputsOfAnotherShapeAndLogitsThatAreNotFinite) {
  const TextClassification pipeline(bag_parts(kModel, kLabels), {});
  const auto row = [](std::vector<float> values) {
    return runtime::SequenceOutput{.tensors = {loader::Tensor::of<float>(
                                       {1, static_cast<std::int64_t>(values.size())}, values)}};
  };
  EXPECT_THROW(pipeline.classify(row({1, 2})), std::runtime_error);
  EXPECT_THROW(pipeline.classify(row({1, 2, INFINITY})), std::runtime_error);
  EXPECT_THROW(pipeline.classify({}), std::runtime_error);
  EXPECT_EQ(pipeline.classify(row({1, 2, 0})).at(0).label, 1U);
}

}  // namespace
}  // namespace filigree::serve
