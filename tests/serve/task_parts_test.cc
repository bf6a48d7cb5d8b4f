// What the tasks share: config.json, probabilities, cutting texts.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "kernels/kernel_table.h"
#include "serve/tasks/model_config.h"
#include "serve/tasks/probabilities.h"
#include "serve/tasks/truncation.h"
#include "tests/serve/bag_of_words.h"

namespace filigree::serve {
namespace {

ModelConfig config(std::string_view json) { return parse_model_config(json, "config.json"); }

std::string config_error(std::string_view json) {
  return message_of([&] { config(json); });
}

TEST(ModelConfig, ReadsLabelsInTheOrderOfTheirIds) {
  const ModelConfig read =
      config(R"({"id2label": {"2": "c", "0": "a", "1": "b"}, "problem_type": null})");
  EXPECT_EQ(read.labels, (std::vector<std::string>{"a", "b", "c"}));
  EXPECT_FALSE(read.multi_label);
  EXPECT_TRUE(config(R"({"problem_type": "multi_label_classification"})").multi_label);
}

TEST(ModelConfig, NumbersTheLabelsWhenThereAreNone) {
  EXPECT_EQ(config("{}").labels, (std::vector<std::string>{"LABEL_0", "LABEL_1"}));
  EXPECT_EQ(config(R"({"num_labels": 3, "id2label": null})").labels.at(2), "LABEL_2");
}

TEST(ModelConfig, NamesWhatIsWrong) {
  EXPECT_EQ(config_error("{"),
            "config.json: is not JSON: Missing a name for object member at byte 1 (line 1, "
            "column 2)");
  EXPECT_EQ(config_error("[]"), "config.json: is array, expected an object");
  EXPECT_EQ(config_error(R"({"id2label": []})"),
            "config.json: id2label is array, expected an object");
  EXPECT_EQ(config_error(R"({"id2label": {}})"),
            "config.json: id2label has 0 labels, expected 1 to 65536");
  EXPECT_EQ(config_error(R"({"id2label": {"0": "a", "2": "b"}})"),
            "config.json: id2label has the id '2', expected 0 to 1");
  EXPECT_EQ(config_error(R"({"id2label": {"0": "a", "00": "b"}})"),
            "config.json: id2label has the id 0 twice");
  EXPECT_EQ(config_error(R"({"id2label": {"0": 7}})"),
            "config.json: id2label '0' is number, expected a string");
  EXPECT_EQ(config_error(R"({"num_labels": 0})"),
            "config.json: num_labels is 0, expected 1 to 65536");
}

TEST(Probabilities, SoftmaxIsCloseToThatOfDoublesForEveryRow) {
  constexpr std::size_t kColumns = 5;
  constexpr std::size_t kRows = 37;
  std::vector<float> values;
  for (std::size_t i = 0; i < kRows * kColumns; ++i)
    values.push_back(static_cast<float>(static_cast<int>(i * 7919 % 401) - 200) / 16);
  const std::vector<float> logits = values;
  softmax_rows(values, kColumns);
  for (std::size_t row = 0; row < kRows; ++row) {
    double sum = 0;
    for (std::size_t i = 0; i < kColumns; ++i) sum += std::exp(double{logits[row * kColumns + i]});
    for (std::size_t i = 0; i < kColumns; ++i) {
      const double want = std::exp(double{logits[row * kColumns + i]}) / sum;
      // exp within 2 ulp, the sum of five within another five, one division.
      EXPECT_NEAR(values[row * kColumns + i], want, want * 10 * 0x1p-24 + 1e-37) << row << " " << i;
    }
  }
}

TEST(Probabilities, SoftmaxOfARowDoesNotDependOnItsNeighbours) {
  std::vector<float> many;
  for (int i = 0; i < 20; ++i) many.insert(many.end(), {float(i), 1.5F, -3});
  std::vector<float> last(many.end() - 3, many.end());
  softmax_rows(many, 3);
  softmax_rows(last, 3);
  EXPECT_EQ(std::vector<float>(many.end() - 3, many.end()), last);
}

TEST(Probabilities, StaysFiniteForLargeLogitsAndRefusesOthers) {
  std::vector<float> large = {3e38F, -3e38F};
  softmax_rows(large, 2);
  EXPECT_EQ(large, (std::vector<float>{1, 0}));
  std::vector<float> wide = {1000, -1000, 0};
  sigmoid(wide);
  EXPECT_EQ(wide, (std::vector<float>{1, 0, 0.5F}));
  std::vector<float> bad = {0, std::numeric_limits<float>::quiet_NaN()};
  EXPECT_THROW(softmax_rows(bad, 2), std::runtime_error);
}

TEST(Truncation, TakesFromTheLongerText) {
  EXPECT_EQ(longest_first({3, 4}, 7), (PairLengths{3, 4}));
  EXPECT_EQ(longest_first({2, 9}, 7), (PairLengths{2, 5}));
  EXPECT_EQ(longest_first({9, 2}, 7), (PairLengths{5, 2}));
  EXPECT_EQ(longest_first({9, 8}, 7), (PairLengths{4, 3}));
  EXPECT_EQ(longest_first({8, 9}, 7), (PairLengths{3, 4}));
  EXPECT_EQ(longest_first({8, 8}, 7), (PairLengths{3, 4}));
  EXPECT_EQ(longest_first({4, 4}, 7), (PairLengths{3, 4}));
  EXPECT_EQ(longest_first({0, 9}, 7), (PairLengths{0, 7}));
  EXPECT_EQ(longest_first({std::numeric_limits<std::size_t>::max(), 9}, 8), (PairLengths{4, 4}));
}

TEST(Truncation, SaysWhichInputsWereCut) {
  CutReport cuts(5);
  cuts.add(0, 5);
  EXPECT_EQ(cuts.warning(1), "");
  cuts.add(3, 9);
  EXPECT_EQ(cuts.warning(4), "input 3 has 9 tokens, of which sequence_length keeps 5");
  cuts.add(4, 7);
  EXPECT_EQ(cuts.warning(5),
            "input 3 has 9 tokens, of which sequence_length keeps 5; 2 of 5 inputs were cut");
}

}  // namespace
}  // namespace filigree::serve
