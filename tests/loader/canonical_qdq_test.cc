#include "loader/passes/canonical_qdq.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "loader/error.h"
#include "loader/passes/rewrite.h"
#include "tests/loader/expect_error.h"
#include "tests/loader/graph_builder.h"

namespace filigree::loader {
namespace {

using Bytes = std::vector<std::int8_t>;
using Names = std::vector<std::string>;

// x [.., 2] by w, [2, 3] or [3, 2] when it is turned.
GraphBuilder builder_of_pair() {
  GraphBuilder builder;
  builder.input("x").output("y").constant<float>("s", {}, {0.5F});
  builder.constant<std::uint8_t>("z", {}, {3}).constant<float>("ws", {3}, {0.25F, 0.5F, 2});
  builder.constant<std::int8_t>("wz", {3}, {0, 1, 2}).constant<float>("b", {3}, {1, 2, 3});
  builder.constant<std::int8_t>("w", {2, 3}, {1, 2, 3, 4, 5, 6});
  builder.constant<std::int8_t>("turned", {3, 2}, {1, 4, 2, 5, 3, 6});
  builder.node("QuantizeLinear", {"x", "s", "z"}, "q");
  builder.node("DequantizeLinear", {"q", "s", "z"}, "d");
  return builder;
}

Attribute axis(std::int64_t value) { return {"axis", value}; }

Graph canonical(Graph graph) {
  canonicalize_qdq(graph);
  return graph;
}

// The layer is x by the bytes of w, quantised as `builder_of_pair` says.
void expect_linear(const Graph& graph, const std::string& bias, const std::string& weight) {
  ASSERT_EQ(operators(graph), Names{"QuantizedLinear"});
  const Node& node = graph.nodes[0];
  EXPECT_EQ(node.domain, kFiligreeDomain);
  EXPECT_EQ(node.outputs, Names{"y"});
  const std::string& matrix = node.inputs.at(3);
  EXPECT_EQ(node.inputs, (Names{"x", "s", "z", matrix, "wz", "", "y/rescale", bias}));
  EXPECT_EQ(floats(graph.initializers.at("y/rescale")), (std::vector<float>{0.125F, 0.25F, 1}));
  EXPECT_EQ(string_attribute(node, "weight", ""), weight);
  const Tensor& bytes = graph.initializers.at(matrix);
  EXPECT_EQ(bytes.dims(), (Dims{2, 3}));
  EXPECT_TRUE(std::ranges::equal(bytes.data<std::int8_t>(), Bytes{1, 2, 3, 4, 5, 6}));
}

TEST(CanonicalQdq, JoinsAMatMul) {
  GraphBuilder builder = builder_of_pair();
  builder.node("DequantizeLinear", {"w", "ws", "wz"}, "wf").node("MatMul", {"d", "wf"}, "y");
  expect_linear(canonical(builder.graph()), "", "w");
}

TEST(CanonicalQdq, JoinsATransposedWeightAndABias) {
  GraphBuilder builder = builder_of_pair();
  builder.node("DequantizeLinear", {"turned", "ws", "wz"}, "tf", {axis(0)});
  builder.node("Transpose", {"tf"}, "wf").node("MatMul", {"d", "wf"}, "p");
  builder.node("Add", {"b", "p"}, "y");
  expect_linear(canonical(builder.graph()), "b", "turned");
}

TEST(CanonicalQdq, JoinsAGemmOfEitherOrder) {
  GraphBuilder turned = builder_of_pair();
  turned.node("DequantizeLinear", {"turned", "ws", "wz"}, "wf", {axis(-2)});
  turned.node("Gemm", {"d", "wf", "b"}, "y", {{"transB", std::int64_t{1}}});
  expect_linear(canonical(turned.graph()), "b", "turned");
  GraphBuilder straight = builder_of_pair();
  straight.node("DequantizeLinear", {"w", "ws", "wz"}, "wf", {axis(-1)});
  straight.node("Gemm", {"d", "wf"}, "y");
  expect_linear(canonical(straight.graph()), "", "w");
}

TEST(CanonicalQdq, JoinsAProductOfTwoActivations) {
  GraphBuilder builder = builder_of_pair();
  builder.input("v").constant<float>("t", {}, {0.25F});
  builder.node("QuantizeLinear", {"v", "t"}, "vq").node("DequantizeLinear", {"vq", "t"}, "vd");
  builder.node("MatMul", {"d", "vd"}, "y");
  const Graph graph = canonical(builder.graph());
  ASSERT_EQ(operators(graph), Names{"QuantizedMatMul"});
  EXPECT_EQ(graph.nodes[0].inputs, (Names{"x", "s", "z", "v", "t", "", "y/rescale"}));
  EXPECT_EQ(floats(graph.initializers.at("y/rescale")), (std::vector<float>{0.125F}));
}

TEST(CanonicalQdq, JoinsThePairBehindAProductOfActivations) {
  GraphBuilder builder = builder_of_pair();
  builder.input("v").constant<float>("t", {}, {0.25F}).constant<float>("r", {}, {0.75F});
  builder.constant<float>("u", {}, {2});
  builder.node("QuantizeLinear", {"v", "t"}, "vq").node("DequantizeLinear", {"vq", "t"}, "vd");
  builder.node("MatMul", {"d", "vd"}, "p").node("QuantizeLinear", {"p", "r", "z"}, "pq");
  builder.node("DequantizeLinear", {"pq", "u", "z"}, "y");
  const Graph graph = canonical(builder.graph());
  ASSERT_EQ(operators(graph), Names{"QuantizedMatMul"});
  EXPECT_EQ(graph.nodes[0].inputs, (Names{"x", "s", "z", "v", "t", "", "u", "s", "t", "r", "z"}));
}

// A pair that repeats the one before it; `scale` is that of the first.
Graph repeated(float scale) {
  GraphBuilder builder = builder_of_pair();
  builder.input("first").constant<float>("r", {}, {scale});
  builder.node("DequantizeLinear", {"w", "ws", "wz"}, "wf").node("MatMul", {"d", "wf"}, "y");
  Graph graph = builder.graph();
  const auto pair = [&](const char* op, const char* from, const char* to) {
    graph.nodes.insert(graph.nodes.begin(), {op, "", to, {from, "r", "z"}, {to}, {}});
  };
  pair("DequantizeLinear", "first_q", "x");
  pair("QuantizeLinear", "first", "first_q");
  return graph;
}

TEST(CanonicalQdq, LooksThroughARepeatedPairButNoOther) {
  const Graph same = canonical(repeated(0.5F));
  ASSERT_EQ(operators(same), Names{"QuantizedLinear"});
  EXPECT_EQ(same.nodes[0].inputs[0], "first");
  EXPECT_EQ(operators(canonical(repeated(0.25F))),
            (Names{"QuantizeLinear", "DequantizeLinear", "QuantizedLinear"}));
  // 3 steps of a denormal are not 3 steps any more.
  Graph denormal = repeated(1e-44F);
  denormal.initializers.at("s") = Tensor::scalar(1e-44F);
  EXPECT_EQ(operators(canonical(denormal)).size(), 3U);
}

// Rows of a table of bytes are made float, quantised and made float; `scale` is that of the middle.
std::vector<std::string> operators_of_quantized_rows(float scale, const Names& outer) {
  GraphBuilder builder;
  builder.input("rows", DataType::kUint8).output("y").constant<float>("s", {}, {0.5F});
  builder.constant<float>("t", {}, {scale}).constant<std::uint8_t>("z", {}, {0});
  Names inputs = {"rows"};
  inputs.insert(inputs.end(), outer.begin(), outer.end());
  builder.node("DequantizeLinear", inputs, "d").node("QuantizeLinear", {"d", "t", "z"}, "q");
  inputs[0] = "q";
  builder.node("DequantizeLinear", inputs, "y");
  return operators(canonical(builder.graph()));
}

TEST(CanonicalQdq, DropsAPairThatGivesTheBytesBack) {
  EXPECT_EQ(operators_of_quantized_rows(0.5F, {"s", "z"}), Names{"DequantizeLinear"});
  EXPECT_EQ(operators_of_quantized_rows(0.25F, {"s", "z"}).size(), 3U);
  // Without a zero point the first may read INT32.
  EXPECT_EQ(operators_of_quantized_rows(0.5F, {"s"}).size(), 3U);
}

// x W -> a pair that begins with the scale r and ends with the scale t -> + b.
GraphBuilder rounded_product(float t) {
  GraphBuilder builder = builder_of_pair();
  builder.constant<float>("r", {}, {0.75F}).constant<float>("t", {}, {t});
  builder.node("DequantizeLinear", {"w", "ws", "wz"}, "wf").node("MatMul", {"d", "wf"}, "p");
  builder.node("QuantizeLinear", {"p", "r", "z"}, "pq");
  builder.node("DequantizeLinear", {"pq", "t", "z"}, "pd").node("Add", {"pd", "b"}, "y");
  return builder;
}

TEST(CanonicalQdq, JoinsAPairBetweenProductAndBias) {
  const Graph graph = canonical(rounded_product(0.75F).graph());
  ASSERT_EQ(operators(graph), Names{"QuantizedLinear"});
  EXPECT_EQ(graph.nodes[0].inputs,
            (Names{"x", "s", "z", "w", "wz", "", "y/rescale", "b", "r", "z"}));
  GraphBuilder unbiased = rounded_product(0.75F);
  unbiased.output("pd");
  EXPECT_EQ(operators(canonical(unbiased.graph())), (Names{"QuantizedLinear", "QuantizedLinear"}));
}

TEST(CanonicalQdq, KeepsAPairOfTwoScalesAndOneBehindASum) {
  EXPECT_EQ(operators(canonical(rounded_product(0.5F).graph())),
            (Names{"QuantizedLinear", "QuantizeLinear", "DequantizeLinear", "Add"}));
  GraphBuilder sum = rounded_product(0.75F);
  sum.node("QuantizeLinear", {"y", "r", "z"}, "yq").node("DequantizeLinear", {"yq", "r", "z"}, "e");
  sum.output("e");
  EXPECT_EQ(operators(canonical(sum.graph())),
            (Names{"QuantizedLinear", "QuantizeLinear", "DequantizeLinear"}));
}

TEST(CanonicalQdq, LeavesWhatIsNoProductOfIntegers) {
  GraphBuilder builder = builder_of_pair();
  builder.constant<float>("is", {2}, {0.25F, 0.5F}).constant<std::uint8_t>("other", {}, {4});
  builder.node("DequantizeLinear", {"w", "ws", "wz"}, "wf").node("MatMul", {"d", "wf"}, "y");
  const auto with = [&](const std::string& node, auto change) {
    Graph graph = builder.graph();
    change(*std::ranges::find(graph.nodes, node, &Node::name));
    return operators(canonical(graph)).size();
  };
  EXPECT_EQ(with("wf", [](Node&) {}), 1U);
  EXPECT_EQ(with("wf",
                 [](Node& n) {
                   n.inputs = {"w", "is"};
                   n.attributes = {axis(0)};
                 }),
            4U);
  EXPECT_EQ(with("wf", [](Node& n) { n.attributes = {axis(0)}; }), 4U);
  EXPECT_EQ(with("wf", [](Node& n) { n.inputs[2] = "z"; }), 4U);
  EXPECT_EQ(with("wf", [](Node& n) { n.attributes = {{"block_size", std::int64_t{1}}}; }), 4U);
  EXPECT_EQ(with("d", [](Node& n) { n.inputs[2] = "other"; }), 4U);
}

TEST(CanonicalQdq, NamesABiasThatDoesNotFit) {
  GraphBuilder builder = builder_of_pair();
  builder.constant<float>("short", {2}, {1, 2});
  builder.node("DequantizeLinear", {"w", "ws", "wz"}, "wf").node("MatMul", {"d", "wf"}, "p");
  builder.node("Add", {"p", "short"}, "y");
  expect_error<FormatError>([&] { canonical(builder.graph()); },
                            "node 'y' (Add): bias 'short' has shape [2], expected [3]");
}

TEST(CanonicalQdq, AddsUnderNamesThatAreFree) {
  GraphBuilder builder = builder_of_pair();
  builder.constant<float>("y/rescale", {3}, {9, 9, 9}).input("y/rescale_").output("y/rescale");
  builder.node("DequantizeLinear", {"w", "ws", "wz"}, "wf").node("MatMul", {"d", "wf"}, "y");
  const Graph graph = canonical(builder.graph());
  ASSERT_EQ(operators(graph), Names{"QuantizedLinear"});
  EXPECT_EQ(floats(graph.initializers.at("y/rescale")), (std::vector<float>{9, 9, 9}));
  EXPECT_EQ(graph.nodes[0].inputs[6], "y/rescale__");
}

}  // namespace
}  // namespace filigree::loader
