#include "loader/interpreter.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "loader/error.h"
#include "tests/loader/expect_error.h"

namespace filigree::loader {
namespace {

Tensor vector_of(std::vector<float> values) {
  return Tensor::of<float>({static_cast<std::int64_t>(values.size())}, values);
}

Tensor integers_of(std::vector<std::int64_t> values) {
  return Tensor::of<std::int64_t>({static_cast<std::int64_t>(values.size())}, values);
}

Node node_of(std::string op_type, std::vector<std::string> inputs, std::vector<std::string> outputs,
             std::vector<Attribute> attributes = {}) {
  Node node;
  node.op_type = std::move(op_type);
  node.inputs = std::move(inputs);
  node.outputs = std::move(outputs);
  node.attributes = std::move(attributes);
  return node;
}

// y = (x + one) * x, and z = an operator that does not exist.
Graph small_graph() {
  Graph graph;
  graph.file = "m.onnx";
  graph.opset = 14;
  graph.nodes = {node_of("Add", {"x", "one"}, {"sum"}), node_of("Mul", {"sum", "x"}, {"y"}),
                 node_of("Nonsense", {"sum"}, {"z"})};
  graph.initializers.emplace("one", Tensor::scalar(1.0f));
  return graph;
}

std::vector<float> values(const Tensor& tensor) {
  return {tensor.data<float>().begin(), tensor.data<float>().end()};
}

TEST(RunGraph, ComputesOnlyWhatTheWantedValuesNeed) {
  const std::vector<std::string> wanted{"y"};
  const auto result = run_graph(small_graph(), {{"x", vector_of({2, 3})}}, wanted);
  EXPECT_EQ(values(result.at(0)), (std::vector<float>{6, 12}));
}

TEST(RunGraph, TakesIntermediateValuesFromTheFeeds) {
  const std::vector<std::string> wanted{"y", "sum"};
  const Values feeds{{"x", vector_of({2})}, {"sum", vector_of({10})}};
  const auto result = run_graph(small_graph(), feeds, wanted);
  EXPECT_EQ(values(result.at(0)), std::vector<float>{20});
  EXPECT_EQ(values(result.at(1)), std::vector<float>{10});
}

TEST(RunGraph, ReturnsInitializersFeedsAndRepeatedNames) {
  const std::vector<std::string> wanted{"one", "x", "y", "y"};
  const auto result = run_graph(small_graph(), {{"x", vector_of({1})}}, wanted);
  ASSERT_EQ(result.size(), 4u);
  EXPECT_EQ(values(result[0]), std::vector<float>{1});
  EXPECT_EQ(values(result[3]), std::vector<float>{2});
}

TEST(RunGraph, NamesAMissingFeed) {
  const std::vector<std::string> wanted{"y"};
  expect_error<FormatError>([&] { run_graph(small_graph(), {}, wanted); },
                            "m.onnx: value 'x' is neither fed nor computed");
}

TEST(RunGraph, RefusesNodesThatAreNotInTopologicalOrder) {
  Graph graph = small_graph();
  std::swap(graph.nodes[0], graph.nodes[1]);
  const std::vector<std::string> wanted{"y"};
  expect_error<FormatError>(
      [&] {
        run_graph(graph, {{"x", vector_of({1})}}, wanted);
      },
      "value 'sum' is read before it is computed");
}

TEST(RunGraph, NamesNodeOperatorOpsetAndInputsOfAnUnknownOperator) {
  const std::vector<std::string> wanted{"z"};
  expect_error<UnsupportedError>(
      [&] {
        run_graph(small_graph(), {{"x", vector_of({1, 2})}}, wanted);
      },
      "m.onnx: 'Nonsense' node of output 'z': Nonsense of opset 14 with inputs (FLOAT [2]): the "
      "operator is not implemented");
}

TEST(RunGraph, NamesALocalFunctionThatIsCalled) {
  Graph graph = small_graph();
  graph.functions = {"::Nonsense"};
  const std::vector<std::string> wanted{"z"};
  expect_error<UnsupportedError>(
      [&] {
        run_graph(graph, {{"x", vector_of({1})}}, wanted);
      },
      "calls model-local function '::Nonsense'");
}

TEST(Evaluate, RefusesOperatorsOfOtherDomains) {
  Node node = node_of("Add", {"a", "b"}, {"y"});
  node.domain = "com.example";
  EXPECT_FALSE(is_implemented(node));
  const std::vector<Tensor> inputs{vector_of({1}), vector_of({2})};
  expect_error<UnsupportedError>([&] { evaluate(node, inputs, 14); },
                                 "com.example::Add of opset 14");
}

TEST(Evaluate, RefusesOpsetsOutsideItsRange) {
  const std::vector<Tensor> inputs{vector_of({1})};
  for (const std::int64_t opset : {10, 99})
    expect_error<UnsupportedError>([&] { evaluate(node_of("Abs", {"x"}, {"y"}), inputs, opset); },
                                   "the opset is not implemented, expected 11 to 23");
}

TEST(Evaluate, RefusesAttributesItDoesNotKnow) {
  const std::vector<Tensor> inputs{vector_of({1})};
  expect_error<UnsupportedError>(
      [&] {
        evaluate(node_of("Abs", {"x"}, {"y"}, {{"saturating", std::int64_t{1}}}), inputs, 14);
      },
      "attribute 'saturating' is not implemented");
  expect_error<UnsupportedError>(
      [&] {
        evaluate(node_of("Abs", {"x"}, {"y"}, {{"body", UnreadValue{"GRAPH"}}}), inputs, 14);
      },
      "attribute 'body' of kind GRAPH is not implemented");
}

TEST(Evaluate, RefusesMissingInputsSurplusOutputsAndOtherTypes) {
  const std::vector<Tensor> one{vector_of({1})};
  expect_error<FormatError>([&] { evaluate(node_of("Add", {"x"}, {"y"}), one, 14); },
                            "input 1 is missing");
  expect_error<UnsupportedError>(
      [&] {
        evaluate(node_of("Abs", {"x"}, {"y", "z"}), one, 14);
      },
      "has 2 outputs, expected at most 1");
  const std::vector<Tensor> mixed{vector_of({1}), integers_of({1})};
  expect_error<FormatError>(
      [&] {
        evaluate(node_of("Add", {"x", "z"}, {"y"}), mixed, 14);
      },
      "element types FLOAT and INT64 differ");
  const std::vector<Tensor> integers{integers_of({1})};
  expect_error<UnsupportedError>([&] { evaluate(node_of("Exp", {"x"}, {"y"}), integers, 14); },
                                 "element type INT64 is not implemented");
}

struct BadCall {
  const char* op_type;
  std::vector<Tensor> inputs;
  std::vector<Attribute> attributes;
  const char* message;
};

TEST(Evaluate, RefusesShapesAndValuesThatDoNotFit) {
  constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();
  const Tensor matrix = Tensor::of<float>({2, 3}, std::vector<float>(6));
  const Tensor three = vector_of({1, 2, 3});
  const std::int64_t far = 9;
  const BadCall calls[] = {
      {"Add", {matrix, vector_of({1, 2})}, {}, "shapes [2, 3] and [2] do not broadcast"},
      {"MatMul", {matrix, matrix}, {}, "differ in the inner dimension"},
      {"MatMul", {matrix, Tensor::scalar(1.0f)}, {}, "an operand is a scalar"},
      {"Gather", {three, integers_of({3})}, {}, "index 3 is outside a dimension of 3"},
      {"Gather", {three, integers_of({-4})}, {}, "index -4 is outside"},
      {"Gather", {three, integers_of({0})}, {{"axis", far}}, "axis 9 is outside rank 1"},
      {"Reshape", {three, integers_of({-1, -1})}, {}, "shape [-1, -1] has two -1"},
      {"Reshape", {three, integers_of({2, -1})}, {}, "does not divide the 3 elements"},
      {"Reshape", {three, integers_of({kMax, kMax})}, {}, "has more than"},
      {"Reshape", {three, integers_of({3, 0})}, {}, "copies dimension 1 that the input lacks"},
      {"Expand", {three, integers_of({kMax, 3})}, {}, "has more than"},
      {"Expand", {three, integers_of({-2, 3})}, {}, "has a negative dimension"},
      {"Tile", {three, integers_of({kMax})}, {}, "has more than"},
      {"Tile", {three, integers_of({-1})}, {}, "has a negative dimension"},
      {"ConstantOfShape", {integers_of({1 << 20, 1 << 20})}, {}, "has more than"},
      {"Range",
       {Tensor::scalar<std::int64_t>(-kMax), Tensor::scalar(kMax), Tensor::scalar<std::int64_t>(1)},
       {},
       "has more than"},
      {"Range", {Tensor::scalar(0.f), Tensor::scalar(1.f), Tensor::scalar(0.f)}, {}, "delta is 0"},
      {"Div", {integers_of({1}), integers_of({0})}, {}, "integer division by 0"},
      {"Transpose", {matrix}, {{"perm", std::vector<std::int64_t>{0, 0}}}, "axis 0 is given twice"},
      {"Transpose",
       {matrix},
       {{"perm", std::vector<std::int64_t>{0}}},
       "perm has 1 axes, expected 2"},
      {"Squeeze", {matrix, integers_of({0})}, {}, "dimension 0 is 2, expected 1"},
      {"Split", {three, integers_of({1, 1})}, {}, "does not add up to dimension 3"},
      {"Split", {three, integers_of({4, -1})}, {}, "does not add up to dimension 3"},
      {"Slice",
       {three, integers_of({0}), integers_of({1}), integers_of({0}), integers_of({0})},
       {},
       "step is 0"},
      {"Concat", {matrix, three}, {{"axis", std::int64_t{0}}}, "input 1 differs from the first"},
      {"Softmax", {matrix}, {{"axis", far}}, "axis 9 is outside rank 2"},
      {"Where", {matrix, matrix, matrix}, {}, "condition is not BOOL"},
      {"QuantizeLinear", {matrix, vector_of({1, 2})}, {}, "expected one or 3 elements"},
      {"LayerNormalization", {matrix, vector_of({1, 2})}, {}, "do not broadcast"},
      {"Gemm", {three, matrix}, {}, "expected two dimensions"},
      {"Cast", {three}, {{"to", std::int64_t{8}}}, "element type 8 of attribute 'to'"},
      {"Gelu", {three}, {{"approximate", std::string("sloppy")}}, "expected 'none' or 'tanh'"},
  };
  for (const BadCall& call : calls) {
    SCOPED_TRACE(std::string(call.op_type) + ", " + call.message);
    const Node node = node_of(call.op_type, {}, {"y"}, call.attributes);
    expect_error<FormatError>([&] { evaluate(node, call.inputs, 14); }, call.message);
  }
}

TEST(Evaluate, IntegerArithmeticWrapsInsteadOfOverflowing) {
  constexpr std::int64_t kMin = std::numeric_limits<std::int64_t>::min();
  const auto apply = [](const char* op_type, std::int64_t a, std::int64_t b) {
    const std::vector<Tensor> inputs{integers_of({a}), integers_of({b})};
    return evaluate(node_of(op_type, {"a", "b"}, {"y"}), inputs, 14)[0].data<std::int64_t>()[0];
  };
  EXPECT_EQ(apply("Sub", kMin, 1), std::numeric_limits<std::int64_t>::max());
  EXPECT_EQ(apply("Mul", kMin, -1), kMin);
  EXPECT_EQ(apply("Div", kMin, -1), kMin);
  EXPECT_EQ(apply("Mod", kMin, -1), 0);
}

TEST(Evaluate, CastSaturatesWhatTheIntegerCannotHold) {
  const std::vector<Tensor> inputs{
      vector_of({1e30f, -1e30f, std::numeric_limits<float>::quiet_NaN()})};
  const Node node = node_of("Cast", {"x"}, {"y"}, {{"to", std::int64_t{6}}});
  const auto result = evaluate(node, inputs, 14);
  const auto got = result[0].data<std::int32_t>();
  EXPECT_EQ(got[0], std::numeric_limits<std::int32_t>::max());
  EXPECT_EQ(got[1], std::numeric_limits<std::int32_t>::min());
  EXPECT_EQ(got[2], 0);
}

TEST(Evaluate, QuantizesNanToTheLeastValue) {
  const std::vector<Tensor> inputs{vector_of({std::numeric_limits<float>::quiet_NaN()}),
                                   Tensor::scalar(0.5f), Tensor::scalar<std::uint8_t>(128)};
  EXPECT_EQ(evaluate(node_of("QuantizeLinear", {}, {"y"}), inputs, 14)[0].data<std::uint8_t>()[0],
            0);
}

TEST(Evaluate, LeavesItsInputsAlone) {
  const Tensor x = vector_of({1, 2, 3});
  const std::vector<Tensor> inputs{x, integers_of({0})};
  evaluate(node_of("ReduceSum", {"x", "axes"}, {"y"}), inputs, 13);
  EXPECT_EQ(values(x), (std::vector<float>{1, 2, 3}));
}

}  // namespace
}  // namespace filigree::loader
