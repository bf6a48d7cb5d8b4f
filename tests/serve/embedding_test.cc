#include "serve/tasks/embedding.h"

#include <gtest/gtest.h>

#include "serve/tasks/ascii.h"
#include "serve/tasks/task_options.h"
#include "tests/serve/bag_of_words.h"

namespace filigree::serve {
namespace {

// [CLS] (100, 100), [SEP] (1, -1), good (3, 0), bad (0, 4).
const auto kModel =
    bag_of_words(Bag::kToken, {{2, {100, 100}}, {3, {1, -1}}, {4, {3, 0}}, {5, {0, 4}}});

std::string answer(const std::string& request, Extraction extraction,
                   std::size_t sequence_length = 128) {
  TaskParts parts = bag_parts(kModel, {});
  parts.config.reset();  // labels are not needed
  return answer_text(ready_task(parts, EmbeddingOptions{.sequence_length = sequence_length,
                                                        .layer = std::nullopt,
                                                        .extraction = extraction})
                         .task,
                     *kModel, request);
}

TEST(Embedding, GivesEveryTokenWithoutPaddingByDefault) {
  EXPECT_EQ(answer(R"({"inputs": "good bad"})", Extraction::kPerToken),
            R"({"embeddings":[[100.0,100.0,3.0,0.0,0.0,4.0,1.0,-1.0]]})");
}

TEST(Embedding, PoolsWithoutTheFirstSpecialTokenAndWithTheSeparator) {
  EXPECT_EQ(answer(R"({"inputs": ["good bad bad", ""]})", Extraction::kReduceMean),
            R"({"embeddings":[[1.0,1.75],[1.0,-1.0]]})");
  EXPECT_EQ(answer(R"({"inputs": ["good bad", "[CLS] bad"]})", Extraction::kReduceMax),
            R"({"embeddings":[[3.0,4.0],[1.0,4.0]]})");
}

TEST(Embedding, GivesTheFirstToken) {
  EXPECT_EQ(answer(R"({"inputs": "good"})", Extraction::kClsToken),
            R"({"embeddings":[[100.0,100.0]]})");
}

TEST(Embedding, CutsLongTextsAndSaysSo) {
  EXPECT_EQ(answer(R"({"inputs": "good good good"})", Extraction::kReduceMax, 3),
            R"({"embeddings":[[3.0,0.0]],"warning":"input 0 has 5 tokens, of which )"
            R"(sequence_length keeps 3"})");
}

TEST(Embedding, PoolsToZerosWhenNoTokenCounts) {
  const std::vector<float> hidden = {1, 2};
  const std::vector<std::int32_t> ids = {7};
  EXPECT_EQ(pooled(Extraction::kReduceMean, hidden, 2, ids), (std::vector<float>{0, 0}));
}

TEST(Embedding, NamesTheFieldThatIsWrong) {
  EXPECT_EQ(answer(R"({"input": "good"})", Extraction::kPerToken),
            "inputs: field required (value_error.missing)");
  EXPECT_EQ(answer(R"({"inputs": [["good"]]})", Extraction::kPerToken),
            "inputs.0: str type expected, found array (type_error.str)");
}

TEST(Embedding, RefusesAModelWithoutAValueForEachToken) {
  EXPECT_EQ(
      message_of([] {
        Embedding(bag_parts(bag_of_words(Bag::kSum, {{4, {1}}}), {}), {});
      }),
      "bag.onnx: output 'logits' is FLOAT [1, 1] for a sequence of 2 tokens, embedding extraction "
      "expected 'logits' of shape [1, tokens, width]");
}

TEST(Embedding, AsksTheLoaderForTheLayer) {
  EXPECT_EQ(hidden_layer(EmbeddingOptions{}), -1);
  EXPECT_EQ(hidden_layer(EmbeddingOptions{.layer = std::nullopt}), std::nullopt);
  EXPECT_EQ(hidden_layer(TextClassificationOptions{}), std::nullopt);
}

TEST(ParseExtraction, KnowsTheFourStrategies) {
  EXPECT_EQ(parse_extraction("reduce_mean"), Extraction::kReduceMean);
  EXPECT_EQ(parse_extraction("cls_token"), Extraction::kClsToken);
  EXPECT_EQ(parse_extraction("mean"), std::nullopt);
}

TEST(Ascii, TrimsAndSplits) {
  EXPECT_EQ(comma_separated(" a b ,, c"), (std::vector<std::string>{"a b", "c"}));
  EXPECT_TRUE(comma_separated("").empty());
  EXPECT_EQ(trimmed("\t x y\n"), "x y");
  EXPECT_EQ(lower_case("A\xc3\x84z"), "a\xc3\x84z");
}

}  // namespace
}  // namespace filigree::serve
