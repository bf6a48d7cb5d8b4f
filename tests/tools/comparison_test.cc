#include "tools/comparison/comparison.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "tools/cli/errors.h"
#include "tools/comparison/token_lines.h"
#include "tools/selftest/tiny_model.h"

namespace filigree::tools {
namespace {

const kernels::KernelTable& scalar() { return kernels::supported_tables().front(); }

Side side_of(const TinyModelOptions& options, std::size_t threads = 1) {
  return {.model = tiny_model(options), .table = &scalar(), .threads = threads};
}

std::vector<runtime::Sequence> sequences() { return random_sequences({20, 9}, 50, 1); }

const TensorDifference& tensor(const Comparison& comparison, const std::string& name) {
  for (const TensorDifference& found : comparison.tensors)
    if (found.name == name) return found;
  throw std::runtime_error("no tensor " + name);
}

TEST(Compare, FindsTheSameBitsOnEveryTableAndNumberOfThreads) {
  const TinyModelOptions options{.linears = LinearForm::kMixed,
                                 .attention = AttentionForm::kAlternating};
  const Side a = side_of(options);
  for (const kernels::KernelTable& table : kernels::supported_tables())
    for (const std::size_t threads : {1, 2}) {
      const Side b{.model = a.model, .table = &table, .threads = threads};
      const Comparison comparison = compare(a, b, sequences());
      EXPECT_TRUE(same_bits(comparison));
      EXPECT_EQ(largest_difference(comparison), 0);
      EXPECT_EQ(comparison.note, "");
      EXPECT_EQ(comparison.tensors.size(), 1 + 7 * options.layers + 2);
    }
}

TEST(Compare, NamesTheTensorThatDiffersAndWhere) {
  const Comparison comparison = compare(side_of({.seed = 1}), side_of({.seed = 2}), sequences());
  EXPECT_FALSE(same_bits(comparison));
  const TensorDifference& query = tensor(comparison, "layer 0, query");
  EXPECT_EQ(query.values, 29U * 24U);
  EXPECT_GT(query.different, 0U);
  EXPECT_EQ(query.largest, std::fabs(query.a - query.b));
  EXPECT_EQ(query.where.substr(0, 9), "sequence ");
  EXPECT_GE(largest_difference(comparison), query.largest);
}

TEST(Compare, ReadsQuantisedTensorsAsTheNumbersTheyStandFor) {
  // The same layers, with attention in floats and in integers: what differs is rounding.
  const Comparison comparison =
      compare(side_of({.linears = LinearForm::kI8, .attention = AttentionForm::kInteger}),
              side_of({.linears = LinearForm::kI8, .attention = AttentionForm::kF32}), sequences());
  const TensorDifference& query = tensor(comparison, "layer 0, query");
  EXPECT_GT(query.different, 0U);
  // Half a step of the quantisation, 8 / 255 with zero point 126, and what that range cuts off.
  const double cut_off = std::max(0.0, std::fabs(query.b) - 126 * 8.0 / 255);
  EXPECT_LE(query.largest, 4.0 / 255 + cut_off + 1e-6) << query.a << " and " << query.b;
}

TEST(Compare, ComparesOnlyOutputsOfDifferentEncodersAndSaysWhy) {
  const Comparison comparison =
      compare(side_of({.layers = 2}), side_of({.layers = 3}), sequences());
  EXPECT_EQ(comparison.note, "A has 2 layers of 24 and 40, B 3 layers of 24 and 40");
  ASSERT_EQ(comparison.tensors.size(), 2U);
  EXPECT_EQ(comparison.tensors[0].name, "output 'start_logits'");
}

TEST(Compare, LeavesOutTheEncoderWhenAsked) {
  const Side side = side_of({});
  const Comparison comparison = compare(side, side, sequences(), {.compared = Compared::kOutputs});
  EXPECT_EQ(comparison.tensors.size(), 2U);
}

TEST(Compare, RefusesSequencesThatOneSideDoesNotTake) {
  const Side a = side_of({.vocabulary = 50});
  const Side b = side_of({.vocabulary = 10});
  try {
    compare(a, b, {{.ids = {49}, .type_ids = {}}});
    FAIL() << "expected an exception";
  } catch (const std::runtime_error& error) {
    EXPECT_EQ(std::string(error.what()).substr(0, 15), "B, sequence 0: ");
  }
}

TEST(TokenLines, ReadWhatTokenizePrints) {
  const auto lines = parse_token_lines(
      "{\"ids\":[101,7,102],\"type_ids\":[0,0,1],\"tokens\":[\"a\"]}\n\n{\"ids\": [5]}", "f");
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_EQ(lines[0].ids, (std::vector<std::int32_t>{101, 7, 102}));
  EXPECT_EQ(lines[0].type_ids, (std::vector<std::int32_t>{0, 0, 1}));
  EXPECT_EQ(lines[1].ids, (std::vector<std::int32_t>{5}));
  EXPECT_TRUE(lines[1].type_ids.empty());
}

TEST(TokenLines, RefuseWhatIsNotATokenIdAndNameTheLine) {
  const std::pair<const char*, const char*> kCases[] = {
      {"\n{\"ids\": [1, -2]}", "f: line 2: field 'ids': item 1 is -2, expected a whole number"},
      {"{\"ids\": [1.5]}", "item 0 is 1.5"},
      {"{\"ids\": [4294967296]}", "item 0 is 4294967296"},
      {"{\"id\": [1]}", "f: line 1: field 'ids' is missing"},
      {"[1]", "expected an object"},
      {"{", "not JSON"},
      {"\n \n", "found no line"}};
  for (const auto& [text, message] : kCases) {
    try {
      parse_token_lines(text, "f");
      FAIL() << text;
    } catch (const InputError& error) {
      EXPECT_NE(std::string(error.what()).find(message), std::string::npos) << error.what();
    }
  }
}

}  // namespace
}  // namespace filigree::tools
