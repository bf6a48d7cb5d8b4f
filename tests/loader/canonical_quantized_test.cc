#include "loader/passes/canonical_quantized.h"

#include <gtest/gtest.h>

#include "loader/error.h"
#include "loader/passes/rewrite.h"
#include "tests/loader/expect_error.h"
#include "tests/loader/graph_builder.h"

namespace filigree::loader {
namespace {

using Names = std::vector<std::string>;

enum class Bias { kNone, kInteger, kFloat };

Graph linear_graph(Bias bias) {
  GraphBuilder builder;
  builder.input("x").output("y").constant<float>("s", {}, {0.5F}).constant<float>("r", {}, {0.25F});
  builder.constant<std::uint8_t>("z", {}, {3}).constant<std::uint8_t>("wz", {}, {128});
  builder.constant<std::uint8_t>("w", {2, 3}, {127, 128, 129, 130, 0, 255});
  builder.constant<std::int32_t>("bi", {3}, {1, 2, 3}).constant<float>("bf", {3}, {1, 2, 3});
  builder.node("QuantizeLinear", {"x", "s", "z"}, "q");
  builder.node("MatMulInteger", {"q", "w", "z", "wz"}, "p");
  if (bias == Bias::kInteger) builder.node("Add", {"bi", "p"}, "biased");
  builder.node("Cast", {bias == Bias::kInteger ? "biased" : "p"}, "c", {{"to", std::int64_t{1}}});
  builder.node("Mul", {"c", "r"}, bias == Bias::kFloat ? "scaled" : "y");
  if (bias == Bias::kFloat) builder.node("Add", {"scaled", "bf"}, "y");
  return builder.graph();
}

TEST(CanonicalQuantized, JoinsALinearLayerWithEachKindOfBias) {
  for (const Bias bias : {Bias::kNone, Bias::kInteger, Bias::kFloat}) {
    Graph graph = linear_graph(bias);
    canonicalize_quantized(graph);
    ASSERT_EQ(operators(graph), Names{"QuantizedLinear"});
    EXPECT_EQ(graph.nodes[0].domain, kFiligreeDomain);
    EXPECT_EQ(graph.nodes[0].outputs, Names{"y"});
    EXPECT_EQ(graph.nodes[0].inputs,
              (Names{"x", "s", "z", "w", "wz", bias == Bias::kInteger ? "bi" : "", "r",
                     bias == Bias::kFloat ? "bf" : ""}));
  }
}

TEST(CanonicalQuantized, JoinsAProductOfTwoActivations) {
  GraphBuilder builder;
  builder.input("a").input("b").output("y").constant<float>("s", {}, {0.5F});
  builder.constant<float>("t", {}, {0.25F}).constant<float>("r", {}, {0.125F});
  builder.constant<std::uint8_t>("z", {}, {3}).constant<std::uint8_t>("u", {}, {0});
  builder.node("QuantizeLinear", {"a", "s", "z"}, "qa").node("QuantizeLinear", {"b", "t"}, "qb");
  builder.node("MatMulInteger", {"qa", "qb", "z", "u"}, "p");
  builder.node("Cast", {"p"}, "c", {{"to", std::int64_t{1}}}).node("Mul", {"r", "c"}, "y");
  Graph graph = builder.graph();
  canonicalize_quantized(graph);
  ASSERT_EQ(operators(graph), Names{"QuantizedMatMul"});
  EXPECT_EQ(graph.nodes[0].inputs, (Names{"a", "s", "z", "b", "t", "", "r"}));
}

TEST(CanonicalQuantized, LeavesAProductThatSubtractsAnotherZeroPoint) {
  Graph graph = linear_graph(Bias::kInteger);
  graph.initializers.emplace("other", Tensor::scalar<std::uint8_t>(4));
  graph.nodes[1].inputs[2] = "other";
  canonicalize_quantized(graph);
  EXPECT_EQ(operators(graph), (Names{"QuantizeLinear", "MatMulInteger", "Add", "Cast", "Mul"}));
}

TEST(CanonicalQuantized, NamesABiasAndAScaleThatDoNotFit) {
  Graph bias = linear_graph(Bias::kInteger);
  bias.initializers.at("bi") = Tensor::of<std::int32_t>({2}, std::vector<std::int32_t>{1, 2});
  expect_error<FormatError>([&] { canonicalize_quantized(bias); },
                            "node 'p' (MatMulInteger): bias 'bi' has shape [2], expected [3]");
  Graph scale = linear_graph(Bias::kNone);
  scale.initializers.at("r") = Tensor::of<float>({2}, std::vector<float>{1, 2});
  expect_error<FormatError>([&] { canonicalize_quantized(scale); },
                            "node 'y' (Mul): scale 'r' has shape [2], expected one value or [3]");
}

}  // namespace
}  // namespace filigree::loader
