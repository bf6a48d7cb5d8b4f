// Every case of tests/golden/operators (tests/golden/make_operator_goldens.py): one node, its
// inputs and ONNX Runtime's outputs. Numbers that are not floating point, and shapes and types,
// must be equal.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <string>
#include <vector>

#include "loader/graph.h"
#include "loader/interpreter.h"
#include "loader/onnx_file.h"
#include "loader/operators/cast_value.h"

namespace filigree::loader {
namespace {

bool is_floating(DataType type) {
  return type == DataType::kFloat || type == DataType::kDouble || type == DataType::kFloat16;
}

bool is_close(double got, double want, std::span<const float> tolerance) {
  if (std::isnan(want) || std::isnan(got)) return std::isnan(want) && std::isnan(got);
  if (got == want) return true;  // infinities
  return std::fabs(got - want) <= double{tolerance[0]} + double{tolerance[1]} * std::fabs(want);
}

void expect_equal(const Tensor& got, const Tensor& want, std::span<const float> tolerance) {
  ASSERT_EQ(data_type_name(got.type()), data_type_name(want.type()));
  ASSERT_EQ(shape_text(got.dims()), shape_text(want.dims()));
  if (!is_floating(want.type())) {
    const auto a = cast(got, DataType::kInt64);
    const auto b = cast(want, DataType::kInt64);
    for (std::size_t i = 0; i < want.size(); ++i)
      EXPECT_EQ(a.data<std::int64_t>()[i], b.data<std::int64_t>()[i]) << "element " << i;
    return;
  }
  const auto a = cast(got, DataType::kDouble);
  const auto b = cast(want, DataType::kDouble);
  for (std::size_t i = 0; i < want.size(); ++i) {
    const double g = a.data<double>()[i];
    const double w = b.data<double>()[i];
    EXPECT_TRUE(is_close(g, w, tolerance))
        << "element " << i << ": got " << g << ", want " << w << ", tolerance " << tolerance[0]
        << " + " << tolerance[1] << " relative";
  }
}

class OperatorGolden : public testing::TestWithParam<std::filesystem::path> {};

TEST_P(OperatorGolden, EveryCaseIsAsInOnnxRuntime) {
  const Graph graph = read_onnx(GetParam());
  ASSERT_FALSE(graph.nodes.empty());
  for (const Node& node : graph.nodes) {
    SCOPED_TRACE(node.name);
    std::vector<Tensor> inputs;
    for (const std::string& name : node.inputs)
      inputs.push_back(name.empty() ? Tensor() : graph.initializers.at(name));
    std::vector<Tensor> outputs;
    ASSERT_NO_THROW(outputs = evaluate(node, inputs, graph.opset));
    ASSERT_EQ(outputs.size(), node.outputs.size());
    for (std::size_t i = 0; i < outputs.size(); ++i)
      expect_equal(outputs[i], graph.initializers.at(node.outputs[i] + ".expected"),
                   graph.initializers.at(node.outputs[i] + ".tolerance").data<float>());
  }
}

std::vector<std::filesystem::path> golden_files() {
  std::vector<std::filesystem::path> files;
  for (const auto& entry :
       std::filesystem::directory_iterator(FILIGREE_SOURCE_DIR "/tests/golden/operators"))
    files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  return files;
}

INSTANTIATE_TEST_SUITE_P(Opsets, OperatorGolden, testing::ValuesIn(golden_files()),
                         [](const auto& instance) { return instance.param.stem().string(); });

}  // namespace
}  // namespace filigree::loader
