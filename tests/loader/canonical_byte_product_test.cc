#include "loader/passes/canonical_byte_product.h"

#include <gtest/gtest.h>

#include "loader/passes/canonical_quantized.h"
#include "loader/passes/rewrite.h"
#include "tests/loader/graph_builder.h"

namespace filigree::loader {
namespace {

using Names = std::vector<std::string>;

// QLinearMatMul of two activations; its bytes are "p".
GraphBuilder product() {
  GraphBuilder builder;
  builder.input("a").input("b").output("y").constant<float>("s", {}, {0.5F});
  builder.constant<float>("t", {}, {0.25F}).constant<float>("ys", {}, {0.125F});
  builder.constant<std::uint8_t>("z", {}, {3}).constant<std::uint8_t>("u", {}, {0});
  builder.constant<std::uint8_t>("yz", {}, {7}).constant<std::int64_t>("dims", {2}, {1, -1});
  builder.node("QuantizeLinear", {"a", "s", "z"}, "qa");
  builder.node("QuantizeLinear", {"b", "t", "u"}, "qb");
  builder.node("QLinearMatMul", {"qa", "s", "z", "qb", "t", "u", "ys", "yz"}, "p");
  return builder;
}

// With the bytes transposed, reshaped and made floats.
Graph moved_product() {
  return product()
      .node("Transpose", {"p"}, "turned")
      .node("Reshape", {"turned", "dims"}, "flat")
      .node("DequantizeLinear", {"flat", "ys", "yz"}, "y")
      .graph();
}

// With the bytes multiplied by weights as they are.
Graph linear_of_product() {
  return product()
      .constant<std::uint8_t>("w", {2, 3}, {127, 128, 129, 130, 0, 255})
      .constant<std::uint8_t>("wz", {}, {128})
      .constant<float>("r", {}, {0.5F})
      .node("Transpose", {"p"}, "turned")
      .node("MatMulInteger", {"turned", "w", "yz", "wz"}, "m")
      .node("Cast", {"m"}, "c", {{"to", std::int64_t{1}}})
      .node("Mul", {"c", "r"}, "y")
      .graph();
}

TEST(CanonicalByteProduct, GivesFloatsWhereBytesAreMovedAndDequantised) {
  Graph graph = moved_product();
  canonicalize_byte_products(graph);
  ASSERT_EQ(operators(graph), (Names{"QuantizedMatMul", "Transpose", "Reshape", "Identity"}));
  EXPECT_EQ(graph.nodes[0].domain, kFiligreeDomain);
  EXPECT_EQ(graph.nodes[0].name, "p");
  EXPECT_EQ(graph.nodes[0].inputs,
            (Names{"a", "s", "z", "b", "t", "u", "ys", "s", "t", "ys", "yz"}));
  EXPECT_EQ(graph.nodes[0].outputs, Names{"p"});
  EXPECT_EQ(graph.nodes[3].inputs, Names{"flat"});
  EXPECT_EQ(graph.nodes[3].outputs, Names{"y"});
}

TEST(CanonicalByteProduct, KeepsTheScaleOfDequantizeLinearApart) {
  Graph graph = moved_product();
  graph.initializers.emplace("other", Tensor::scalar(0.75F));
  graph.nodes[5].inputs[1] = "other";
  canonicalize_byte_products(graph);
  ASSERT_EQ(graph.nodes[0].op_type, "QuantizedMatMul");
  EXPECT_EQ(graph.nodes[0].inputs[6], "other");
  EXPECT_EQ(graph.nodes[0].inputs[9], "ys");
}

TEST(CanonicalByteProduct, LetsShapesBeRead) {
  Graph graph = moved_product();
  graph.nodes.push_back({"Shape", "", "shape", {"p"}, {"shape"}, {}});
  graph.outputs.push_back({"shape", std::nullopt, {}});
  canonicalize_byte_products(graph);
  EXPECT_EQ(graph.nodes[0].op_type, "QuantizedMatMul");
}

TEST(CanonicalByteProduct, QuantisesAgainWhatMatMulIntegerReads) {
  Graph graph = linear_of_product();
  // The name of the new value is taken.
  graph.initializers.emplace("turned/quantized", Tensor::scalar(0.5F));
  graph.nodes[5].inputs.push_back("turned/quantized");
  graph.nodes[5].op_type = "Sum";
  Graph free = linear_of_product();
  canonicalize_byte_products(graph);
  canonicalize_byte_products(free);
  EXPECT_EQ(operators(free), (Names{"QuantizedMatMul", "Transpose", "QuantizeLinear",
                                    "MatMulInteger", "Cast", "Mul"}));
  EXPECT_EQ(free.nodes[2].inputs, (Names{"turned", "ys", "yz"}));
  EXPECT_EQ(free.nodes[2].outputs, Names{"turned/quantized"});
  EXPECT_EQ(free.nodes[3].inputs, (Names{"turned/quantized", "w", "yz", "wz"}));
  EXPECT_EQ(graph.nodes[2].outputs, Names{"turned/quantized_"});
  canonicalize_quantized(free);
  ASSERT_EQ(operators(free), (Names{"QuantizedMatMul", "Transpose", "QuantizedLinear"}));
  EXPECT_EQ(free.nodes[2].inputs, (Names{"turned", "ys", "yz", "w", "wz", "", "r", ""}));
}

void expect_unchanged(const Graph& graph) {
  Graph changed = graph;
  canonicalize_byte_products(changed);
  EXPECT_EQ(operators(changed), operators(graph));
}

TEST(CanonicalByteProduct, LeavesAProductWithOtherZeroPoints) {
  for (const std::size_t input : {2, 5}) {
    Graph graph = moved_product();
    graph.nodes[2].inputs[input] = "yz";
    expect_unchanged(graph);
  }
  Graph graph = moved_product();
  graph.nodes[5].inputs[2] = "z";
  expect_unchanged(graph);
  // Without one, DequantizeLinear subtracts 0.
  graph.nodes[5].inputs.pop_back();
  expect_unchanged(graph);
}

TEST(CanonicalByteProduct, LeavesBytesThatAnotherNodeReads) {
  for (const char* value : {"p", "turned", "flat"}) {
    Graph graph = moved_product();
    graph.nodes.push_back({"Cast", "", "seen", {value}, {"seen"}, {{"to", std::int64_t{1}}}});
    graph.outputs.push_back({"seen", std::nullopt, {}});
    expect_unchanged(graph);
    Graph with_output = moved_product();
    with_output.outputs.push_back({value, std::nullopt, {}});
    expect_unchanged(with_output);
  }
  // As a shape, not as what is reshaped.
  Graph graph = moved_product();
  graph.nodes[4].inputs = {"dims", "turned"};
  expect_unchanged(graph);
}

TEST(CanonicalByteProduct, LeavesWhatIsNotPerTensor) {
  const std::vector<float> scales = {0.5F, 0.25F};
  const std::vector<std::uint8_t> zeros = {7, 7};
  Graph scale = moved_product();
  scale.initializers.at("ys") = Tensor::of<float>({2}, scales);
  expect_unchanged(scale);
  Graph zero = moved_product();
  zero.initializers.at("yz") = Tensor::of<std::uint8_t>({2}, zeros);
  expect_unchanged(zero);
  Graph operand = moved_product();
  operand.initializers.at("t") = Tensor::of<float>({2}, scales);
  expect_unchanged(operand);
}

TEST(CanonicalByteProduct, LeavesAProductOfBytesThatNoNodeQuantises) {
  Graph graph = moved_product();
  graph.nodes[1].op_type = "Identity";
  expect_unchanged(graph);
}

// A step so small that floats lose bits of it: bytes would not come back.
TEST(CanonicalByteProduct, DoesNotQuantiseAgainWithADenormalScale) {
  Graph graph = linear_of_product();
  graph.initializers.at("ys") = Tensor::scalar(1e-40F);
  expect_unchanged(graph);
}

}  // namespace
}  // namespace filigree::loader
