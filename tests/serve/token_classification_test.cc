#include "serve/tasks/token_classification.h"

#include <gtest/gtest.h>

#include "tests/serve/bag_of_words.h"

namespace filigree::serve {
namespace {

const std::vector<std::string> kLabels = {"O", "B-PER", "I-PER", "B-LOC"};

// ada is a B-PER, love and ##lace are I-PER, london is a B-LOC, an unknown word too; what has no
// row has four equal logits, of which the first, O, wins.
const auto kModel = bag_of_words(Bag::kToken, {{7, {0, 20, 0, 0}},
                                               {8, {0, 0, 20, 0}},
                                               {9, {0, 0, 20, 0}},
                                               {10, {0, 0, 0, 20}},
                                               {1, {0, 0, 0, 20}}});

std::string answer(const std::string& request, const TokenClassificationOptions& options = {}) {
  return answer_text(ready_task(bag_parts(kModel, kLabels), options).task, *kModel, request);
}

std::string entity(const std::string& label, const std::string& word, const std::string& where) {
  return "{\"entity\":\"" + label + "\",\"score\":1.0,\"word\":\"" + word + "\"," + where + "}";
}

std::string by_itself(int start, int end, int index) {
  return "\"start\":" + std::to_string(start) + ",\"end\":" + std::to_string(end) +
         ",\"index\":" + std::to_string(index) + ",\"is_grouped\":false";
}

std::string grouped(int start, int end) {
  return "\"start\":" + std::to_string(start) + ",\"end\":" + std::to_string(end) +
         ",\"index\":null,\"is_grouped\":true";
}

TEST(TokenClassification, AnswersOneTextWithItsTokens) {
  EXPECT_EQ(answer(R"({"inputs": "Ada Lovelace in London"})"),
            "{\"predictions\":[[" + entity("B-PER", "ada", by_itself(0, 3, 1)) + "," +
                entity("I-PER", "love", by_itself(4, 8, 2)) + "," +
                entity("I-PER", "##lace", by_itself(8, 12, 3)) + "," +
                entity("B-LOC", "london", by_itself(16, 22, 5)) + "]]}");
}

TEST(TokenClassification, GroupsWordsOfOneTextAsThoseOfAList) {
  const TokenClassificationOptions options{.aggregation = Aggregation::kFirst};
  const std::string found = "[" + entity("PER", "ada lovelace", grouped(0, 12)) + "," +
                            entity("LOC", "london", grouped(16, 22)) + "]";
  EXPECT_EQ(answer(R"({"inputs": "ada lovelace in london"})", options),
            "{\"predictions\":[" + found + "]}");
  EXPECT_EQ(
      answer(R"({"inputs": ["ada lovelace in london", "", "in", "ada"]})", options),
      "{\"predictions\":[" + found + ",[],[],[" + entity("PER", "ada", grouped(0, 3)) + "]]}");
}

TEST(TokenClassification, CountsCodePointsAndWritesUnknownWordsAsTheyStand) {
  const std::string text = "\xf0\x9f\x90\xa6 Ada \xc3\x89t\xc3\xa9 LONDON";  // bird, Ada, Été
  EXPECT_EQ(answer("{\"inputs\": \"" + text + "\"}"),
            "{\"predictions\":[[" + entity("B-LOC", "\xf0\x9f\x90\xa6", by_itself(0, 1, 1)) + "," +
                entity("B-PER", "ada", by_itself(2, 5, 2)) + "," +
                entity("B-LOC", "\xc3\x89t\xc3\xa9", by_itself(6, 9, 3)) + "," +
                entity("B-LOC", "london", by_itself(10, 16, 4)) + "]]}");
}

TEST(TokenClassification, ReadsWordsThatAreSplitAlready) {
  const std::string request =
      R"({"inputs": ["Lovelace", "London.", "in"], "is_split_into_words": true})";
  // Of each word the first token; offsets are those in the word.
  EXPECT_EQ(answer(request), "{\"predictions\":[[" + entity("I-PER", "love", by_itself(0, 4, 1)) +
                                 "," + entity("B-LOC", "london", by_itself(0, 6, 3)) + "]]}");
  const std::string words = answer(request, {.aggregation = Aggregation::kFirst});
  EXPECT_EQ(words, "{\"predictions\":[[" + entity("PER", "lovelace", grouped(0, 8)) + "," +
                       entity("LOC", "london.", grouped(0, 7)) + "]]}");
  EXPECT_EQ(answer(R"({"inputs": "Lovelace", "is_split_into_words": true})"),
            "inputs: list of str type expected, found string (type_error.list)");
}

TEST(TokenClassification, CutsLongTextsAndSaysSo) {
  EXPECT_EQ(answer(R"({"inputs": "in in in ada"})", {.sequence_length = 5}),
            R"({"predictions":[[]],"warning":"input 0 has 6 tokens, of which sequence_length )"
            R"(keeps 5"})");
}

TEST(TokenClassification, KeepsIgnoredLabelsWhenToldTo) {
  EXPECT_EQ(answer(R"({"inputs": "in"})", {.ignore_labels = {}}),
            R"({"predictions":[[{"entity":"O","score":0.25,"word":"in","start":0,"end":2,)"
            R"("index":1,"is_grouped":false}]]})");
}

TEST(TokenClassification, NamesTheFieldThatIsWrong) {
  EXPECT_EQ(answer("{}"), "inputs: field required (value_error.missing)");
  EXPECT_EQ(answer(R"({"inputs": [1], "is_split_into_words": "no"})"),
            "is_split_into_words: bool type expected, found string (type_error.bool); "
            "inputs.0: str type expected, found number (type_error.str)");
  EXPECT_EQ(answer(R"({"inputs": []})"),
            "inputs: ensure this value has at least 1 items (value_error.list.min_items)");
}

TEST(TokenClassification, RefusesModelsThatDoNotFit) {
  const auto message = [](const TaskParts& parts) {
    return message_of([&] { TokenClassification(parts, {}); });
  };
  EXPECT_EQ(message(bag_parts(bag_of_words(Bag::kSum, {{4, {1, 2}}}), {"A", "B"})),
            "bag.onnx: output 'logits' is FLOAT [1, 2] for a sequence of 2 tokens, token "
            "classification expected 'logits' of shape [1, tokens, width]");
  EXPECT_EQ(message(bag_parts(kModel, {"A", "B"})),
            "config.json: names 2 labels, token classification expected the 4 labels of 'logits' "
            "as id2label");
}

}  // namespace
}  // namespace filigree::serve
