// The bundled models as a whole on the interpreter, against ONNX Runtime's logits
// (tests/golden/make_logit_goldens.py).
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <string>
#include <vector>

#include "loader/interpreter.h"
#include "loader/onnx_file.h"

namespace filigree::loader {
namespace {

// The first cases have 1, 2 and 17 tokens; longer ones belong to the runtime.
constexpr int kCases = 3;

class BundledModel : public testing::TestWithParam<std::string> {};

void expect_logits(const Tensor& got, const Tensor& want) {
  ASSERT_EQ(got.size(), want.size());
  float largest = 0;
  for (const float logit : want.data<float>()) largest = std::max(largest, std::fabs(logit));
  for (std::size_t i = 0; i < want.size(); ++i)
    EXPECT_NEAR(got.data<float>()[i], want.data<float>()[i], 1e-4f * largest) << "token " << i;
}

TEST_P(BundledModel, LogitsOfTheWholeGraphAreThoseOfOnnxRuntime) {
  const std::string root = FILIGREE_SOURCE_DIR;
  const Graph graph = read_onnx(root + "/third_party/models/" + GetParam() + "/model.onnx");
  const Graph golden = read_onnx(root + "/tests/golden/logits/" + GetParam() + ".onnx");
  for (int number = 0; number < kCases; ++number) {
    SCOPED_TRACE("case " + std::to_string(number));
    const auto tensor = [&](const std::string& name) {
      return golden.initializers.at(name + "_" + std::to_string(number));
    };
    const std::int64_t tokens = tensor("ids").dims().at(0);
    const std::vector<std::int64_t> ones(static_cast<std::size_t>(tokens), 1);
    const Values feeds{{"input_ids", tensor("ids").reshaped({1, tokens})},
                       {"attention_mask", Tensor::of<std::int64_t>({1, tokens}, ones)},
                       {"token_type_ids", tensor("type_ids").reshaped({1, tokens})}};
    const std::vector<std::string> wanted{"start_logits", "end_logits"};
    const auto logits = run_graph(graph, feeds, wanted);
    for (std::size_t i = 0; i < wanted.size(); ++i) expect_logits(logits[i], tensor(wanted[i]));
  }
}

std::vector<std::string> models() {
  std::vector<std::string> names;
  for (const auto& entry :
       std::filesystem::directory_iterator(FILIGREE_SOURCE_DIR "/tests/golden/logits"))
    names.push_back(entry.path().stem().string());
  std::sort(names.begin(), names.end());
  return names;
}

INSTANTIATE_TEST_SUITE_P(All, BundledModel, testing::ValuesIn(models()), [](const auto& instance) {
  std::string name = instance.param;
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
});

}  // namespace
}  // namespace filigree::loader
