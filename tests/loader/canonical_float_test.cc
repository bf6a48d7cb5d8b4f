#include <gtest/gtest.h>

#include <cmath>

#include "loader/error.h"
#include "loader/passes/canonical_gelu.h"
#include "loader/passes/canonical_layer_norm.h"
#include "loader/passes/canonical_linear.h"
#include "loader/passes/rewrite.h"
#include "tests/loader/expect_error.h"
#include "tests/loader/graph_builder.h"

namespace filigree::loader {
namespace {

using Names = std::vector<std::string>;

Tensor sample() {
  return Tensor::of<float>({2, 3}, std::vector<float>{-1.5F, 0.25F, 2, 0.5F, -3, 1});
}

// What a rewritten graph gives is what it gave before, but for the order of roundings.
void expect_same(const Graph& before, const Graph& after) {
  const std::vector<float> want = floats(run_one(before, {{"x", sample()}}, "y"));
  const std::vector<float> got = floats(run_one(after, {{"x", sample()}}, "y"));
  ASSERT_EQ(got.size(), want.size());
  // A dozen roundings of numbers below 4.
  for (std::size_t i = 0; i < want.size(); ++i) EXPECT_NEAR(got[i], want[i], 12 * 4 * 6e-8) << i;
}

enum class Root { kDivide, kReciprocal, kPower };
enum class Square { kPower, kProduct };

Graph layer_norm_graph(Root root, Square square, const Names& scale, const Names& shift) {
  GraphBuilder builder;
  builder.input("x")
      .output("y")
      .constant<float>("two", {}, {2})
      .constant<float>("eps", {}, {1e-5F});
  builder.constant<float>("gamma", {3}, {1, 2, 0.5F}).constant<float>("beta", {3}, {0, -1, 1});
  builder.constant<float>("minus_half", {}, {-0.5F});
  const std::vector<Attribute> axes = {{"axes", std::vector<std::int64_t>{-1}}};
  builder.node("ReduceMean", {"x"}, "mean", axes).node("Sub", {"x", "mean"}, "d");
  if (square == Square::kPower)
    builder.node("Pow", {"d", "two"}, "d2");
  else
    builder.node("Mul", {"d", "d"}, "d2");
  builder.node("ReduceMean", {"d2"}, "variance", axes).node("Add", {"eps", "variance"}, "sum");
  if (root == Root::kPower) {
    builder.node("Pow", {"sum", "minus_half"}, "inverse").node("Mul", {"inverse", "d"}, "n");
  } else {
    builder.node("Sqrt", {"sum"}, "root");
    if (root == Root::kDivide)
      builder.node("Div", {"d", "root"}, "n");
    else
      builder.node("Reciprocal", {"root"}, "inverse").node("Mul", {"d", "inverse"}, "n");
  }
  builder.node("Mul", scale, "scaled").node("Add", shift, "y");
  return builder.graph();
}

TEST(CanonicalLayerNorm, RecognizesEveryDecomposition) {
  for (const Root root : {Root::kDivide, Root::kReciprocal, Root::kPower})
    for (const Square square : {Square::kPower, Square::kProduct})
      for (const Names& scale : {Names{"n", "gamma"}, Names{"gamma", "n"}})
        for (const Names& shift : {Names{"scaled", "beta"}, Names{"beta", "scaled"}}) {
          const Graph before = layer_norm_graph(root, square, scale, shift);
          Graph after = before;
          canonicalize_layer_norm(after);
          ASSERT_EQ(operators(after), Names{"LayerNormalization"});
          EXPECT_EQ(after.nodes[0].inputs, (Names{"x", "gamma", "beta"}));
          EXPECT_EQ(float_attribute(after.nodes[0], "epsilon", 0), 1e-5F);
          expect_same(before, after);
        }
}

TEST(CanonicalLayerNorm, TakesAxesFromAnInput) {
  Graph graph = layer_norm_graph(Root::kDivide, Square::kPower, {"n", "gamma"}, {"scaled", "beta"});
  graph.opset = 18;
  graph.initializers.emplace("axes", Tensor::of<std::int64_t>({1}, std::vector<std::int64_t>{-1}));
  for (Node& node : graph.nodes)
    if (node.op_type == "ReduceMean") {
      node.attributes.clear();
      node.inputs.push_back("axes");
    }
  canonicalize_layer_norm(graph);
  EXPECT_EQ(operators(graph), Names{"LayerNormalization"});
}

TEST(CanonicalLayerNorm, LeavesOtherNormalizations) {
  const Graph before =
      layer_norm_graph(Root::kDivide, Square::kPower, {"n", "gamma"}, {"scaled", "beta"});
  Graph other_axis = before;
  other_axis.nodes[0].attributes = {{"axes", std::vector<std::int64_t>{0}}};
  Graph cube = before;
  cube.initializers.at("two") = Tensor::scalar(3.0F);
  Graph other_mean = before;
  other_mean.nodes[1].inputs = {"mean", "x"};
  for (Graph graph : {other_axis, cube, other_mean}) {
    canonicalize_layer_norm(graph);
    EXPECT_EQ(graph.nodes.size(), before.nodes.size());
  }
}

Graph gelu_graph(bool divides, const Names& first, const Names& second, float root = 1.41421356F) {
  GraphBuilder builder;
  builder.input("x")
      .output("y")
      .constant<float>("half", {}, {0.5F})
      .constant<float>("one", {}, {1});
  builder.constant<float>("root", {}, {divides ? root : 1 / root});
  builder.node(divides ? "Div" : "Mul", {"x", "root"}, "u").node("Erf", {"u"}, "erf");
  builder.node("Add", {"erf", "one"}, "bell").node("Mul", first, "p").node("Mul", second, "y");
  return builder.graph();
}

TEST(CanonicalGelu, RecognizesEveryOrderOfFactors) {
  const Names factors = {"x", "half", "bell"};
  for (const bool divides : {true, false})
    for (std::size_t last = 0; last < 3; ++last)
      for (std::size_t flip = 0; flip < 4; ++flip) {
        Names first = {factors[(last + 1) % 3], factors[(last + 2) % 3]};
        Names second = {"p", factors[last]};
        if (flip & 1) std::swap(first[0], first[1]);
        if (flip & 2) std::swap(second[0], second[1]);
        const Graph before = gelu_graph(divides, first, second);
        Graph after = before;
        canonicalize_gelu(after);
        ASSERT_EQ(operators(after), Names{"Gelu"}) << divides << last << flip;
        EXPECT_EQ(after.nodes[0].inputs, Names{"x"});
        expect_same(before, after);
      }
}

TEST(CanonicalGelu, LeavesOtherFunctions) {
  Graph coarse = gelu_graph(true, {"x", "bell"}, {"p", "half"}, 1.4140625F);
  Graph squared = gelu_graph(true, {"bell", "bell"}, {"p", "half"});
  Graph doubled = gelu_graph(true, {"x", "bell"}, {"p", "half"});
  doubled.initializers.at("half") = Tensor::scalar(1.0F);
  for (Graph graph : {coarse, squared, doubled}) {
    canonicalize_gelu(graph);
    EXPECT_EQ(graph.nodes.size(), 5U);
  }
}

TEST(CanonicalLinear, JoinsMatMulAndBiasInEitherOrder) {
  for (const Names& sum : {Names{"p", "b"}, Names{"b", "p"}}) {
    GraphBuilder builder;
    builder.input("x").output("y").constant<float>("w", {3, 2}, {1, 2, 3, 4, 5, 6});
    builder.constant<float>("b", {2}, {1, 2}).node("MatMul", {"x", "w"}, "p").node("Add", sum, "y");
    Graph graph = builder.graph();
    canonicalize_linear(graph);
    ASSERT_EQ(operators(graph), Names{"Linear"});
    EXPECT_EQ(graph.nodes[0].domain, kFiligreeDomain);
    EXPECT_EQ(graph.nodes[0].inputs, (Names{"x", "w", "b"}));
  }
}

TEST(CanonicalLinear, TransposesTheWeightOfGemm) {
  GraphBuilder builder;
  builder.input("x").output("y").constant<float>("w", {2, 3}, {1, 2, 3, 4, 5, 6});
  builder.constant<float>("b", {2}, {1, 2});
  builder.node("Gemm", {"x", "w", "b"}, "y", {{"transB", std::int64_t{1}}});
  Graph graph = builder.graph();
  canonicalize_linear(graph);
  ASSERT_EQ(operators(graph), Names{"Linear"});
  EXPECT_EQ(string_attribute(graph.nodes[0], "weight", ""), "w");
  const Tensor& weight = graph.initializers.at(graph.nodes[0].inputs[1]);
  EXPECT_EQ(weight.dims(), (Dims{3, 2}));
  EXPECT_EQ(floats(weight), (std::vector<float>{1, 4, 2, 5, 3, 6}));
}

TEST(CanonicalLinear, LeavesAScaledGemm) {
  GraphBuilder builder;
  builder.input("x").output("y").constant<float>("w", {3, 2}, {1, 2, 3, 4, 5, 6});
  builder.node("Gemm", {"x", "w"}, "y", {{"alpha", 0.5F}});
  Graph graph = builder.graph();
  canonicalize_linear(graph);
  EXPECT_EQ(operators(graph), Names{"Gemm"});
}

TEST(CanonicalLinear, NamesABiasThatDoesNotFit) {
  GraphBuilder builder;
  builder.input("x").output("y").constant<float>("w", {3, 2}, {1, 2, 3, 4, 5, 6});
  builder.constant<float>("b", {3}, {1, 2, 3});
  builder.node("MatMul", {"x", "w"}, "p").node("Add", {"p", "b"}, "y");
  Graph graph = builder.graph();
  expect_error<FormatError>([&] { canonicalize_linear(graph); },
                            "node 'y' (Add): bias 'b' has shape [3], expected [2]");
}

}  // namespace
}  // namespace filigree::loader
