#include "serve/tasks/question_answering.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>

namespace filigree::serve {
namespace {

using runtime::SequenceOutput;

// Ids are line numbers: [CLS] 2, [SEP] 3, who 4, ...
constexpr std::string_view kVocabulary =
    "[PAD]\n[UNK]\n[CLS]\n[SEP]\nwho\nsang\nthe\nbird\nin\noslo\nnaïve\n";

std::shared_ptr<const tokenizer::Tokenizer> test_tokenizer() {
  return std::make_shared<const tokenizer::Tokenizer>(
      tokenizer::Tokenizer::from_vocab(kVocabulary, "vocab.txt"));
}

loader::Model model_with_outputs(std::vector<std::string> names) {
  loader::Model model;
  model.file = "model.onnx";
  model.output_names = std::move(names);
  return model;
}

QuestionAnswering pipeline(const QuestionAnsweringOptions& options = {}) {
  return {test_tokenizer(), model_with_outputs({"start_logits", "end_logits"}), options};
}

loader::Tensor row(const std::vector<float>& values) {
  return loader::Tensor::of<float>({1, static_cast<std::int64_t>(values.size())}, values);
}

SequenceOutput output(const std::vector<float>& starts, const std::vector<float>& ends) {
  return {.tensors = {row(starts), row(ends)}};
}

TEST(QuestionAnswering, BuildsOneUnpaddedSequenceOfQuestionAndContext) {
  const QuestionWindows windows = pipeline().windows({"who sang", "the bird in oslo"});
  ASSERT_EQ(windows.sequences.size(), 1U);
  EXPECT_EQ(windows.sequences[0].ids, (std::vector<std::int32_t>{2, 4, 5, 3, 6, 7, 8, 9, 3}));
  EXPECT_EQ(windows.sequences[0].type_ids, (std::vector<std::int32_t>{0, 0, 0, 0, 1, 1, 1, 1, 1}));
  EXPECT_EQ(windows.windows[0].context_token, 4U);
  EXPECT_EQ(windows.warning, "");
}

TEST(QuestionAnswering, AnswersWithTheOriginalTextAndItsCodePoints) {
  const std::string context = "The NAÏVE  bird \xf0\x9f\x90\xa6, in Oslo";
  const QuestionAnswering task = pipeline();
  const QuestionWindows windows = task.windows({"who", context});
  // [CLS] who [SEP] the naive bird (emoji) , in oslo [SEP]
  ASSERT_EQ(windows.sequences.at(0).ids.size(), 11U);
  const std::vector<float> starts = {0, 0, 0, 0, 7, 0, 0, 0, 0, 0, 0};
  const std::vector<float> ends = {0, 0, 0, 0, 0, 0, 1.5F, 0, 0, 0, 0};
  const SequenceOutput outputs[] = {output(starts, ends)};
  const Answer answer = task.answer(context, windows, outputs);
  EXPECT_EQ(answer.answer, "NAÏVE  bird \xf0\x9f\x90\xa6");
  EXPECT_EQ(answer.start, 4U);
  EXPECT_EQ(answer.end, 17U);
  EXPECT_EQ(answer.score, 8.5F);
}

// Room for 4 context tokens beside a question of one: windows of tokens 0-3, 2-5 and so on.
constexpr QuestionAnsweringOptions kShort{.sequence_length = 8, .doc_stride = 2, .num_spans = {}};

TEST(QuestionAnswering, TakesTheBestAnswerOfAllWindows) {
  const std::string context = "the bird in oslo the bird";
  const QuestionAnswering task = pipeline(kShort);
  const QuestionWindows windows = task.windows({"who", context});
  ASSERT_EQ(windows.sequences.size(), 2U);
  // [CLS] who [SEP] in oslo the bird [SEP]
  EXPECT_EQ(windows.sequences[1].ids, (std::vector<std::int32_t>{2, 4, 3, 8, 9, 6, 7, 3}));
  const SequenceOutput outputs[] = {output({0, 0, 0, 0, 1, 0, 0, 0}, {0, 0, 0, 0, 1, 0, 0, 0}),
                                    output({0, 0, 0, 0, 0, 2, 0, 0}, {0, 0, 0, 0, 0, 0, 2, 0})};
  const Answer answer = task.answer(context, windows, outputs);
  EXPECT_EQ(answer.answer, "the bird");
  EXPECT_EQ(answer.start, 17U);
  EXPECT_EQ(answer.score, 4.0F);
}

TEST(QuestionAnswering, PrefersTheFirstWindowOfEqualScores) {
  const std::string context = "the bird in oslo the bird";
  const QuestionAnswering task = pipeline(kShort);
  const QuestionWindows windows = task.windows({"who", context});
  const std::vector<float> logits = {0, 0, 0, 3, 0, 0, 0, 0};
  const SequenceOutput outputs[] = {output(logits, logits), output(logits, logits)};
  EXPECT_EQ(task.answer(context, windows, outputs).answer, "the");
}

TEST(QuestionAnswering, GivesTheEmptyAnswerForAnEmptyContext) {
  const QuestionAnswering task = pipeline();
  const QuestionWindows windows = task.windows({"who", ""});
  ASSERT_EQ(windows.sequences.size(), 1U);
  EXPECT_EQ(windows.sequences[0].ids, (std::vector<std::int32_t>{2, 4, 3, 3}));
  const SequenceOutput outputs[] = {output({1, 2, 3, 4}, {1, 2, 3, 4})};
  const Answer answer = task.answer("", windows, outputs);
  EXPECT_EQ(answer.answer, "");
  EXPECT_EQ(answer.score, 0.0F);
  EXPECT_EQ(answer.start, 0U);
  EXPECT_EQ(answer.end, 0U);
}

TEST(QuestionAnswering, AcceptsAnEmptyQuestion) {
  const QuestionAnswering task = pipeline();
  const QuestionWindows windows = task.windows({"", "oslo"});
  EXPECT_EQ(windows.sequences.at(0).ids, (std::vector<std::int32_t>{2, 3, 9, 3}));
  const SequenceOutput outputs[] = {output({0, 0, 1, 0}, {0, 0, 1, 0})};
  EXPECT_EQ(task.answer("oslo", windows, outputs).answer, "oslo");
}

TEST(QuestionAnswering, CutsALongQuestionAndCarriesTheWarningIntoTheAnswer) {
  const QuestionAnswering task = pipeline(kShort);
  const QuestionWindows windows = task.windows({"who who who who who who", "the bird in oslo"});
  EXPECT_EQ(windows.sequences.at(0).ids, (std::vector<std::int32_t>{2, 4, 4, 3, 6, 7, 8, 3}));
  const std::vector<float> logits(8, 0);
  const SequenceOutput outputs[] = {output(logits, logits), output(logits, logits)};
  EXPECT_NE(task.answer("the bird in oslo", windows, outputs).warning.find("6 tokens"),
            std::string::npos);
}

TEST(QuestionAnswering, LetsNoAnswerWinWhenAskedTo) {
  const std::string context = "the bird in oslo the bird";
  QuestionAnsweringOptions options = kShort;
  options.version_2_with_negative = true;
  const QuestionAnswering task = pipeline(options);
  const QuestionWindows windows = task.windows({"who", context});
  const SequenceOutput outputs[] = {output({4, 0, 0, 0, 1, 0, 0, 0}, {4, 0, 0, 0, 1, 0, 0, 0}),
                                    output({9, 0, 0, 0, 0, 2, 0, 0}, {9, 0, 0, 0, 0, 0, 2, 0})};
  const Answer answer = task.answer(context, windows, outputs);
  // The smallest null score of the windows, 8, is above the best span, 4.
  EXPECT_EQ(answer.answer, "");
  EXPECT_EQ(answer.score, 8.0F);
  EXPECT_EQ(answer.end, 0U);
  EXPECT_EQ(pipeline(kShort).answer(context, windows, outputs).answer, "the bird");
}

TEST(QuestionAnswering, ReadsHalfPrecisionLogits) {
  const QuestionAnswering task = pipeline();
  const QuestionWindows windows = task.windows({"who", "oslo"});
  const std::vector<std::uint16_t> halves = {0, 0, 0, loader::float_to_half(2.5F), 0};
  const loader::Tensor tensor(loader::DataType::kFloat16, {1, 5}, std::as_bytes(std::span(halves)));
  const SequenceOutput outputs[] = {{.tensors = {tensor, tensor}}};
  EXPECT_EQ(task.answer("oslo", windows, outputs).score, 5.0F);
}

TEST(QuestionAnswering, RejectsOutputsOfAnotherShapeOrType) {
  const QuestionAnswering task = pipeline();
  const QuestionWindows windows = task.windows({"who", "oslo"});
  const SequenceOutput shorter[] = {output({0, 0, 0}, {0, 0, 0})};
  EXPECT_THROW(task.answer("oslo", windows, shorter), std::runtime_error);
  const auto integers = loader::Tensor::of<std::int32_t>({1, 5}, std::vector<std::int32_t>(5));
  const SequenceOutput wrong_type[] = {{.tensors = {integers, integers}}};
  EXPECT_THROW(task.answer("oslo", windows, wrong_type), std::runtime_error);
  const SequenceOutput one_output[] = {{.tensors = {row({0, 0, 0, 0, 0})}}};
  EXPECT_THROW(task.answer("oslo", windows, one_output), std::runtime_error);
  EXPECT_THROW(task.answer("oslo", windows, {}), std::runtime_error);
}

TEST(QuestionAnswering, FindsLogitsByNameInAnyOrder) {
  const QuestionAnswering task(test_tokenizer(),
                               model_with_outputs({"end_logits", "hidden", "start_logits"}), {});
  const QuestionWindows windows = task.windows({"who", "the bird"});
  const SequenceOutput outputs[] = {
      {.tensors = {row({0, 0, 0, 0, 1, 0}), row({0, 0, 0, 0, 0, 0}), row({0, 0, 0, 2, 0, 0})}}};
  EXPECT_EQ(task.answer("the bird", windows, outputs).answer, "the bird");
}

TEST(QuestionAnswering, RefusesAModelWithoutStartAndEnd) {
  try {
    QuestionAnswering(test_tokenizer(), model_with_outputs({"logits"}), {});
    FAIL();
  } catch (const std::runtime_error& error) {
    EXPECT_STREQ(error.what(),
                 "model.onnx: outputs are 'logits', question answering expected 'start_logits' and "
                 "'end_logits'");
  }
}

TEST(QuestionAnswering, CutsTheSequenceLengthToTheModelsPositions) {
  loader::Model model = model_with_outputs({"start_logits", "end_logits"});
  model.encoder.emplace();
  model.encoder->max_positions = 16;
  EXPECT_EQ(QuestionAnswering(test_tokenizer(), model, {}).sequence_length(), 16U);
}

TEST(QuestionAnswering, RefusesASequenceLengthWithoutRoom) {
  EXPECT_NO_THROW(pipeline({.sequence_length = 5, .num_spans = {}}));
  EXPECT_THROW(pipeline({.sequence_length = 4, .num_spans = {}}), std::runtime_error);
}

}  // namespace
}  // namespace filigree::serve
