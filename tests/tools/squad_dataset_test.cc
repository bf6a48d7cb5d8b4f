#include "tools/evaluation/squad_dataset.h"

#include <gtest/gtest.h>

#include "tools/cli/errors.h"
#include "tools/cli/files.h"

namespace filigree::tools {
namespace {

std::string input_error(std::string_view content) {
  try {
    parse_squad(content, "d.json");
  } catch (const InputError& error) {
    return error.what();
  }
  return "no error";
}

TEST(SquadDataset, ReadsArticlesOfVersion11) {
  const auto questions = parse_squad(R"({"version": "1.1", "data": [{"title": "t", "paragraphs": [
    {"context": "c", "qas": [
      {"id": "1", "question": "q1", "answers": [{"answer_start": 0, "text": "c"}]},
      {"id": "2", "question": "q2", "answers": [{"answer_start": 0, "text": "c"},
                                                {"answer_start": 0, "text": "d"}]}]}]}]})",
                                     "d.json");
  ASSERT_EQ(questions.size(), 2U);
  EXPECT_EQ(questions[0].id, "1");
  EXPECT_EQ(questions[1].question, "q2");
  EXPECT_EQ(questions[1].answers, (std::vector<std::string>{"c", "d"}));
  EXPECT_EQ(questions[0].context, questions[1].context);
}

TEST(SquadDataset, ReadsJsonLinesWithBlankLines) {
  const auto questions = parse_squad(
      "\n{\"id\": \"1\", \"question\": \"q\", \"context\": \"c\", \"answers\": [{\"text\": "
      "\"c\"}]}\r\n\n",
      "d.jsonl");
  ASSERT_EQ(questions.size(), 1U);
  EXPECT_EQ(*questions[0].context, "c");
}

TEST(SquadDataset, ReadsTheEvaluationSetOfTheTests) {
  const std::string file = FILIGREE_SOURCE_DIR "/tests/data/qa_eval_xquad.jsonl";
  EXPECT_EQ(parse_squad(read_file(file), file).size(), 1190U);
}

TEST(SquadDataset, ErrorsNameLineAndField) {
  const std::string good =
      R"({"id": "1", "question": "q", "context": "c", "answers": [{"text": "c"}]})";
  EXPECT_EQ(input_error(good + "\n" + R"({"id": "2", "context": "c", "question": 3})"),
            "d.json: line 2: field 'question' has type number, expected a string");
  EXPECT_EQ(input_error(good + "\n" + R"({"id": "2", "question": "q"})"),
            "d.json: line 2: field 'context' is missing, expected a string");
  EXPECT_EQ(input_error(good + "\n[]"),
            "d.json: line 2: found type array, expected an object with 'context'");
  EXPECT_EQ(input_error(good + "\n" + good), "d.json: id '1' occurs twice");
  EXPECT_NE(input_error(good + "\n{").find("d.json: line 2: not JSON at byte 1"),
            std::string::npos);
}

TEST(SquadDataset, ErrorsNameThePathInArticles) {
  EXPECT_EQ(input_error(R"({"data": [{"paragraphs": [{"qas": []}]}]})"),
            "d.json: data[0].paragraphs[0]: field 'context' is missing, expected a string");
  EXPECT_EQ(
      input_error(R"({"data": [{"paragraphs": [{"context": "c", "qas": [
                {"id": "1", "question": "q", "answers": []}]}]}]})"),
      "d.json: data[0].paragraphs[0].qas[0]: 'answers' is empty, expected at least one (SQuAD "
      "v1.1)");
}

TEST(SquadDataset, EmptyFileIsAnError) {
  EXPECT_EQ(input_error(""), "d.json: found no question");
  EXPECT_EQ(input_error("{\"data\": []}"), "d.json: found no question");
}

TEST(SquadDataset, DeepNestingAndInvalidUtf8AreErrors) {
  EXPECT_NE(input_error(std::string(1'000'000, '[')).find("not JSON"), std::string::npos);
  EXPECT_NE(input_error("{\"id\": \"\xff\"}").find("not JSON"), std::string::npos);
}

}  // namespace
}  // namespace filigree::tools
