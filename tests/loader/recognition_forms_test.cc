// The same encoder written in other nodes is the same encoder.
#include <gtest/gtest.h>

#include <algorithm>
#include <utility>

#include "loader/model.h"
#include "tests/loader/encoder_fixtures.h"

namespace filigree::loader {
namespace {

void expect_same_encoder(const Graph& graph, std::string_view fixture) {
  const auto original = load_model(fixture_file(fixture));
  const auto model = make_model(graph);
  ASSERT_TRUE(model->encoder) << model->warnings.at(0);
  const Encoder& got = *model->encoder;
  const Encoder& want = *original->encoder;
  EXPECT_EQ(got.heads, want.heads);
  ASSERT_EQ(got.layers.size(), want.layers.size());
  for (std::size_t i = 0; i < got.layers.size(); ++i) {
    EXPECT_FLOAT_EQ(got.layers[i].score_scale, want.layers[i].score_scale);
    EXPECT_EQ(kernels::unpack_f32(got.layers[i].query.weights),
              kernels::unpack_f32(want.layers[i].query.weights));
    EXPECT_EQ(kernels::unpack_f32(got.layers[i].ffn_out.weights),
              kernels::unpack_f32(want.layers[i].ffn_out.weights));
  }
}

// The nodes that add a mask to scores: they compute what a Softmax reads.
std::vector<Node*> mask_additions(Graph& graph) {
  std::vector<Node*> found;
  for (const Node& softmax : graph.nodes)
    if (softmax.op_type == "Softmax")
      for (Node& node : graph.nodes)
        if (node.outputs[0] == softmax.inputs[0]) found.push_back(&node);
  return found;
}

// Where(kept, 0, hidden) of the additive mask: its condition.
std::string mask_condition(const Graph& graph, const std::string& mask) {
  for (const Node& node : graph.nodes)
    if (node.outputs[0] == mask && node.op_type == "Where") return node.inputs[0];
  throw std::out_of_range("the mask is not made by Where");
}

TEST(Recognition, DoesNotDependOnNames) {
  Graph graph = fixture_graph("legacy14_eager");
  std::map<std::string, std::string> renamed = {{"", ""}};
  for (const ValueInfo& input : graph.inputs) renamed.emplace(input.name, input.name);
  for (const ValueInfo& output : graph.outputs) renamed.emplace(output.name, output.name);
  const auto rename = [&](std::string& name) {
    name = renamed.emplace(name, "v" + std::to_string(renamed.size())).first->second;
  };
  std::map<std::string, Tensor> initializers;
  for (const auto& [name, tensor] : graph.initializers) {
    std::string other = name;
    rename(other);
    initializers.emplace(other, tensor);
  }
  graph.initializers = std::move(initializers);
  for (Node& node : graph.nodes) {
    node.name.clear();
    std::ranges::for_each(node.inputs, rename);
    std::ranges::for_each(node.outputs, rename);
  }
  expect_same_encoder(graph, "legacy14_eager");
}

TEST(Recognition, TakesOperandsOfSumsAndProductsInEitherOrder) {
  Graph graph = fixture_graph("legacy14_eager");
  for (Node& node : graph.nodes)
    if (node.op_type == "Add" || node.op_type == "Mul") std::swap(node.inputs[0], node.inputs[1]);
  expect_same_encoder(graph, "legacy14_eager");
}

TEST(Recognition, TakesAMaskThatKeepsScores) {
  Graph graph = fixture_graph("legacy14_eager");
  graph.initializers.emplace("hidden", Tensor::scalar(-1e9F));
  for (Node* node : mask_additions(graph)) {
    node->op_type = "Where";
    node->inputs = {mask_condition(graph, node->inputs[1]), node->inputs[0], "hidden"};
  }
  expect_same_encoder(graph, "legacy14_eager");
}

TEST(Recognition, TakesAMaskThatReplacesScores) {
  Graph graph = fixture_graph("legacy14_eager");
  graph.initializers.emplace("hidden", Tensor::scalar(-1e9F));
  std::string condition;
  for (Node* node : mask_additions(graph)) {
    condition = mask_condition(graph, node->inputs[1]);
    node->op_type = "Where";
    node->inputs = {"masked", "hidden", node->inputs[0]};
  }
  const auto maker = std::ranges::find_if(
      graph.nodes, [&](const Node& node) { return node.outputs[0] == condition; });
  graph.nodes.insert(maker + 1, {"Not", "", "not", {condition}, {"masked"}, {}});
  expect_same_encoder(graph, "legacy14_eager");
}

TEST(Recognition, RefusesAMaskThatKeepsThePadding) {
  Graph graph = fixture_graph("legacy14_eager");
  graph.initializers.emplace("hidden", Tensor::scalar(-1e9F));
  for (Node* node : mask_additions(graph)) {
    node->op_type = "Where";
    node->inputs = {mask_condition(graph, node->inputs[1]), "hidden", node->inputs[0]};
  }
  const auto model = make_model(graph);
  EXPECT_FALSE(model->encoder);
  EXPECT_NE(model->warnings.at(0).find("(Where): found a mask under which"), std::string::npos);
}

// A model that only counts the ones would see other tokens than those that a mask with holes
// leaves.
TEST(Recognition, RefusesAMaskThatCountsItsOnes) {
  Graph graph = fixture_graph("legacy14_eager");
  for (Node& node : graph.nodes)
    std::ranges::replace(node.inputs, std::string("attention_mask"), std::string("counted"));
  graph.initializers.emplace("axis", Tensor::of<std::int64_t>({1}, std::vector<std::int64_t>{1}));
  for (const int number : {0, 1})
    graph.initializers.emplace("number_" + std::to_string(number),
                               Tensor::scalar(std::int64_t{number}));
  const std::vector<Node> nodes = {
      {"ReduceSum", "", "", {"attention_mask", "axis"}, {"ones"}, {}},
      {"Shape", "", "", {"attention_mask"}, {"sizes"}, {}},
      {"Gather", "", "", {"sizes", "number_1"}, {"tokens"}, {}},
      {"Range", "", "", {"number_0", "tokens", "number_1"}, {"places"}, {}},
      {"Less", "", "", {"places", "ones"}, {"is_before"}, {}},
      {"Cast", "", "", {"is_before"}, {"counted"}, {{"to", std::int64_t{7}}}}};
  graph.nodes.insert(graph.nodes.begin(), nodes.begin(), nodes.end());
  const auto model = make_model(graph);
  EXPECT_FALSE(model->encoder);
  EXPECT_NE(model->warnings.at(0).find(
                "found a mask under which key 0 of [0, 1, 1, 0, 1, 1] is kept for query 1"),
            std::string::npos)
      << model->warnings.at(0);
}

TEST(Recognition, TakesAScaleComputedFromTheShape) {
  Graph graph = fixture_graph("dynamo18_eager");
  std::vector<Node> nodes;
  std::size_t n = 0;
  graph.initializers.emplace("last", Tensor::of<std::int64_t>({}, std::vector<std::int64_t>{3}));
  for (const Node& node : graph.nodes) {
    const bool scales =
        node.op_type == "Mul" && std::ranges::any_of(graph.nodes, [&](const Node& product) {
          return product.op_type == "MatMul" && product.outputs[0] == node.inputs[0];
        });
    if (!scales) {
      nodes.push_back(node);
      continue;
    }
    // Divide by Sqrt(head size), where the head size is the last dimension of the queries.
    const auto product = std::ranges::find_if(
        graph.nodes, [&](const Node& other) { return other.outputs[0] == node.inputs[0]; });
    const std::string prefix = "scale" + std::to_string(n++);
    nodes.push_back({"Shape", "", "", {product->inputs[0]}, {prefix + "s"}, {}});
    nodes.push_back({"Gather", "", "", {prefix + "s", "last"}, {prefix + "g"}, {}});
    nodes.push_back({"Cast", "", "", {prefix + "g"}, {prefix + "c"}, {{"to", std::int64_t{1}}}});
    nodes.push_back({"Sqrt", "", "", {prefix + "c"}, {prefix + "r"}, {}});
    nodes.push_back({"Div", "", "", {node.inputs[0], prefix + "r"}, node.outputs, {}});
  }
  ASSERT_EQ(n, 2U);
  graph.nodes = nodes;
  expect_same_encoder(graph, "dynamo18_eager");
}

TEST(Recognition, TakesAGraphThatEndsWithTheEncoder) {
  Graph graph = fixture_graph("dynamo20_sdpa");
  std::string hidden;
  for (const Node& node : graph.nodes)
    if (node.op_type == "LayerNormalization") hidden = node.outputs[0];
  graph.outputs = {{hidden, DataType::kFloat, {}}};
  const auto model = make_model(graph);
  ASSERT_TRUE(model->encoder);
  EXPECT_EQ(model->encoder->output, hidden);
  EXPECT_TRUE(model->rest.nodes.empty());
  EXPECT_EQ(model->output_names, std::vector<std::string>{hidden});
}

}  // namespace
}  // namespace filigree::loader
