// Products of attention that QLinearMatMul rounds to bytes: what the model's fields say of them,
// and what is refused.
#include <gtest/gtest.h>
#include <unistd.h>

#include <cmath>
#include <limits>

#include "loader/error.h"
#include "loader/model.h"
#include "loader/packed_file.h"
#include "tests/loader/encoder_fixtures.h"
#include "tests/loader/expect_error.h"

namespace filigree::loader {
namespace {

constexpr const char* kName = "int8_byte_products";

// Products of scores and of the context of each layer in turn.
std::vector<Node*> products(Graph& graph) {
  std::vector<Node*> found;
  for (Node& node : graph.nodes)
    if (node.op_type == "QLinearMatMul") found.push_back(&node);
  return found;
}

float number(const Graph& graph, const std::string& name) {
  return graph.initializers.at(name).data<float>()[0];
}

void expect_rounding(const Graph& graph, const Node& product,
                     const std::optional<kernels::Requantization>& rounding) {
  ASSERT_TRUE(rounding);
  const float a = number(graph, product.inputs[1]);
  const float b = number(graph, product.inputs[4]);
  EXPECT_EQ(rounding->factor, a * b / number(graph, product.inputs[6]));
  EXPECT_EQ(rounding->zero_point, graph.initializers.at(product.inputs[7]).data<std::uint8_t>()[0]);
}

TEST(RoundedProduct, IsScaledAsTheFileSays) {
  Graph graph = fixture_graph(kName);
  const auto model = load_model(fixture_file(kName));
  const auto nodes = products(graph);
  for (std::size_t i = 0; i < 2; ++i) {
    const EncoderLayer& layer = model->encoder->layers[i];
    expect_rounding(graph, *nodes[2 * i], layer.integer_attention->score_rounding);
    expect_rounding(graph, *nodes[2 * i + 1], layer.integer_attention->out_rounding);
    EXPECT_FLOAT_EQ(layer.score_scale, number(graph, nodes[2 * i]->inputs[6]) / std::sqrt(8.0F));
    EXPECT_EQ(layer.integer_attention->out_scale, number(graph, nodes[2 * i + 1]->inputs[6]));
  }
}

TEST(RoundedProduct, IsNoneWhereSumsStayIntegers) {
  const auto model = load_model(fixture_file("int8_u8"));
  EXPECT_FALSE(model->encoder->layers[0].integer_attention->score_rounding);
  EXPECT_FALSE(model->encoder->layers[0].integer_attention->out_rounding);
}

// The first scores' bytes as INT8, 128 lower: the same steps from the zero point.
TEST(RoundedProduct, MovesTheZeroPointOfSignedBytes) {
  Graph graph = fixture_graph(kName);
  const Node& scores = *products(graph).front();
  const std::uint8_t zero = graph.initializers.at(scores.inputs[7]).data<std::uint8_t>()[0];
  graph.initializers.at(scores.inputs[7]) = Tensor::scalar(static_cast<std::int8_t>(zero - 128));
  const auto model = make_model(graph);
  ASSERT_TRUE(model->encoder) << model->warnings.at(0);
  EXPECT_EQ(model->encoder->layers[0].integer_attention->score_rounding->zero_point, zero);
}

TEST(RoundedProduct, OnlyOneOfTheTwoMayBe) {
  Graph graph = fixture_graph(kName);
  // Scores as sums: MatMulInteger, Cast, Mul in place of QLinearMatMul and DequantizeLinear.
  Node& scores = *products(graph).front();
  const Node product = scores;
  scores = {
      "MatMulInteger", "",
      product.name,    {product.inputs[0], product.inputs[3], product.inputs[2], product.inputs[5]},
      {"sums"},        {}};
  graph.initializers.emplace("rescale", Tensor::scalar(number(graph, product.inputs[1]) *
                                                       number(graph, product.inputs[4])));
  for (std::size_t i = 0; i < graph.nodes.size(); ++i)
    if (graph.nodes[i].op_type == "DequantizeLinear" &&
        graph.nodes[i].inputs[0] == product.outputs[0]) {
      graph.nodes[i] = {"Mul", "", "scaled", {"floats", "rescale"}, graph.nodes[i].outputs, {}};
      graph.nodes.insert(
          graph.nodes.begin() + static_cast<std::ptrdiff_t>(i),
          Node{"Cast", "", "floats", {"sums"}, {"floats"}, {{"to", std::int64_t{1}}}});
      break;
    }
  const auto model = make_model(graph);
  ASSERT_TRUE(model->encoder) << model->warnings.at(0);
  EXPECT_FALSE(model->encoder->layers[0].integer_attention->score_rounding);
  EXPECT_TRUE(model->encoder->layers[0].integer_attention->out_rounding);
  EXPECT_TRUE(model->encoder->layers[1].integer_attention->score_rounding);
}

TEST(RoundedProduct, RefusesScalesThatAreNoPositiveNumbers) {
  for (const std::size_t input : {1, 4, 6})
    for (const float scale : {0.0F, -1.0F, std::numeric_limits<float>::infinity(),
                              std::numeric_limits<float>::quiet_NaN()}) {
      Graph graph = fixture_graph(kName);
      Node& scores = *products(graph).front();
      graph.initializers.emplace("bad", Tensor::scalar(scale));
      scores.inputs[input] = "bad";
      expect_error<FormatError>([&] { make_model(graph); },
                                "node '" + scores.name + "' (QLinearMatMul): scale 'bad' is ");
    }
}

TEST(RoundedProduct, RefusesScalesWhoseQuotientIsNoPositiveNumber) {
  for (const float scale : {3e38F, 1e-38F}) {
    Graph graph = fixture_graph(kName);
    Node& context = *products(graph)[1];
    graph.initializers.emplace("a", Tensor::scalar(scale));
    graph.initializers.emplace("b", Tensor::scalar(scale));
    context.inputs[1] = "a";
    context.inputs[4] = "b";
    expect_error<FormatError>([&] { make_model(graph); },
                              "node '" + context.name + "' (QLinearMatMul): scales 'a', 'b' and '" +
                                  context.inputs[6] + "' give " + (scale > 1 ? "inf" : "0.000000") +
                                  " for the sums, expected a positive");
  }
}

// Such a product stays as it is, and with it the model on the interpreter.
TEST(RoundedProduct, WithAnotherZeroPointThanItsReaderIsNotRecognised) {
  Graph graph = fixture_graph(kName);
  const Node& scores = *products(graph).front();
  graph.initializers.emplace("other", Tensor::scalar<std::uint8_t>(1));
  std::string reader;
  for (Node& node : graph.nodes)
    if (node.op_type == "DequantizeLinear" && node.inputs[0] == scores.outputs[0]) {
      node.inputs[2] = "other";
      reader = node.name;
    }
  const auto model = make_model(graph);
  EXPECT_FALSE(model->encoder);
  ASSERT_EQ(model->warnings.size(), 1U);
  EXPECT_NE(
      model->warnings[0].find("node '" + reader +
                              "' (DequantizeLinear): found DequantizeLinear, expected a mask, "
                              "a scale or the product of queries and keys"),
      std::string::npos)
      << model->warnings[0];
}

TEST(RoundedProduct, OfAPackedFileIsChecked) {
  const std::filesystem::path path =
      std::filesystem::temp_directory_path() / ("rounded_product_" + std::to_string(::getpid()));
  for (const kernels::Requantization bad : {kernels::Requantization{0, 128}, {-1, 128}, {1, 256}}) {
    const auto model = std::const_pointer_cast<Model>(load_model(fixture_file(kName)));
    model->encoder->layers[1].integer_attention->out_rounding = bad;
    write_packed(path, *model, {});
    expect_error<FormatError>([&] { PackedFile(path).load(); },
                              "is damaged: quantisation of a product of attention");
    std::filesystem::remove(path);
  }
}

}  // namespace
}  // namespace filigree::loader
