// Graphs that are nearly an encoder: each is refused with the node that differs, and none is
// recognised wrongly.
#include <gtest/gtest.h>

#include <algorithm>

#include "loader/model.h"
#include "tests/loader/encoder_fixtures.h"

namespace filigree::loader {
namespace {

Node& nth(Graph& graph, std::string_view op, std::size_t n) {
  for (Node& node : graph.nodes)
    if (node.op_type == op && n-- == 0) return node;
  throw std::out_of_range("no such node");
}

void expect_refused(const Graph& graph, std::string_view op, std::string_view text) {
  const auto model = make_model(graph);
  EXPECT_FALSE(model->encoder);
  ASSERT_EQ(model->warnings.size(), 1U);
  const std::string& warning = model->warnings[0];
  EXPECT_TRUE(warning.starts_with("no encoder recognised: ")) << warning;
  EXPECT_NE(warning.find("(" + std::string(op) + "): found "), std::string::npos) << warning;
  EXPECT_NE(warning.find(text), std::string::npos) << warning;
  EXPECT_EQ(model->output_names.size(), graph.outputs.size());
  EXPECT_GT(model->rest.nodes.size(), 50U);
}

void set_int(Node& node, std::string_view name, std::int64_t value) {
  std::erase_if(node.attributes, [&](const Attribute& a) { return a.name == name; });
  node.attributes.push_back({std::string(name), value});
}

// Replaces every Constant node's float scalar `from`.
void replace_constants(Graph& graph, float from, float to) {
  for (Node& node : graph.nodes)
    for (Attribute& attribute : node.attributes)
      if (Tensor* tensor = std::get_if<Tensor>(&attribute.value);
          tensor != nullptr && tensor->type() == DataType::kFloat && tensor->size() == 1 &&
          tensor->data<float>()[0] == from)
        attribute.value = Tensor::scalar(to);
}

std::vector<std::string> outputs_of(const Graph& graph, std::string_view op) {
  std::vector<std::string> names;
  for (const Node& node : graph.nodes)
    if (node.op_type == op) names.push_back(node.outputs[0]);
  return names;
}

TEST(Refusal, NamesAnotherActivation) {
  expect_refused(fixture_graph("unrecognised_relu"), "Relu", "a GELU by the error function");
}

TEST(Refusal, NamesASoftmaxOverAnotherAxis) {
  Graph graph = fixture_graph("legacy14_eager");
  set_int(nth(graph, "Softmax", 0), "axis", 1);
  expect_refused(graph, "Softmax", "found axis 1, expected axis -1");
}

TEST(Refusal, NamesAMaskThatOnlyDampens) {
  Graph graph = fixture_graph("legacy14_eager");
  replace_constants(graph, -3.4028234663852886e38F, -10.0F);
  expect_refused(graph, "Add", "neither 0 nor at most -1e4");
}

TEST(Refusal, NamesAMaskThatHidesNothing) {
  Graph graph = fixture_graph("legacy14_eager");
  replace_constants(graph, -3.4028234663852886e38F, 0.0F);
  expect_refused(graph, "Add", "under which it is hidden");
}

TEST(Refusal, NamesAMaskMadeFromWords) {
  Graph graph = fixture_graph("legacy14_eager");
  for (Node& node : graph.nodes)
    std::ranges::replace(node.inputs, std::string("attention_mask"), std::string("input_ids"));
  expect_refused(graph, "Add", "a mask that depends on the input 'input_ids'");
}

TEST(Refusal, NamesAGeluOfAnotherConstant) {
  Graph graph = fixture_graph("legacy14_eager");
  replace_constants(graph, 1.4142135381698608F, 1.5F);
  expect_refused(graph, "Div", "a GELU by the error function");
}

TEST(Refusal, NamesAGeluByTanh) {
  Graph graph = fixture_graph("dynamo20_sdpa");
  Node& gelu = nth(graph, "Gelu", 0);
  gelu.attributes = {{"approximate", std::string("tanh")}};
  expect_refused(graph, "Gelu", "found approximate=tanh, expected approximate=none");
}

TEST(Refusal, NamesAResidualFromElsewhere) {
  Graph graph = fixture_graph("dynamo20_sdpa");
  const std::vector<std::string> norms = outputs_of(graph, "LayerNormalization");
  // The sum before the last normalisation takes the layer's input instead of the middle of the
  // layer.
  for (Node& node : graph.nodes)
    if (node.op_type == "Add") std::ranges::replace(node.inputs, norms.at(3), norms.at(2));
  expect_refused(graph, "Add", "that of ");
}

TEST(Refusal, NamesQueriesAndKeysThatAreExchanged) {
  // Their product is then over tokens instead of features.
  Graph graph = fixture_graph("dynamo18_eager");
  std::swap(nth(graph, "Transpose", 0).attributes, nth(graph, "Transpose", 2).attributes);
  expect_refused(graph, "MatMul", "with the features split into heads");
}

TEST(Refusal, NamesHeadsThatAreMergedAnotherWay) {
  Graph graph = fixture_graph("dynamo18_eager");
  // The reshape that follows gives the same shape, with the features of the heads interleaved.
  nth(graph, "Transpose", 3).attributes = {{"perm", std::vector<std::int64_t>{0, 2, 3, 1}}};
  expect_refused(graph, "Add", "the heads of each token side by side");
}

TEST(Refusal, NamesPositionsThatDoNotCountUp) {
  Graph graph = fixture_graph("dynamo18_eager");
  std::vector<std::int64_t> backwards(24);
  for (std::size_t i = 0; i < 24; ++i) backwards[i] = i < 20 ? static_cast<std::int64_t>(i) : 3;
  for (auto& [name, tensor] : graph.initializers)
    if (tensor.dims() == Dims{1, 24})
      tensor = Tensor::of<std::int64_t>({1, 24}, std::span<const std::int64_t>(backwards));
  expect_refused(graph, "Gather", "computed indices that are not the positions");
}

TEST(Refusal, NamesTheReaderOfAValueInsideTheEncoder) {
  Graph graph = fixture_graph("dynamo20_sdpa");
  const std::vector<std::string> norms = outputs_of(graph, "LayerNormalization");
  graph.nodes.push_back({"Neg", "", "peek", {norms.at(2)}, {"extra"}, {}});
  graph.outputs.push_back({"extra", std::nullopt, {}});
  expect_refused(graph, "Neg", "inside the encoder");
}

TEST(Refusal, NamesAnOutputInsideTheEncoder) {
  Graph graph = fixture_graph("dynamo20_sdpa");
  graph.outputs.push_back({outputs_of(graph, "LayerNormalization").at(2), std::nullopt, {}});
  const auto model = make_model(graph);
  EXPECT_FALSE(model->encoder);
  EXPECT_NE(model->warnings.at(0).find("found a value inside the encoder"), std::string::npos);
}

TEST(Refusal, NamesAnInputOfFixedShape) {
  Graph graph = fixture_graph("legacy14_eager");
  graph.inputs[0].dims = {1, 128};
  const auto model = make_model(graph);
  EXPECT_FALSE(model->encoder);
  EXPECT_EQ(model->warnings.at(0),
            "no encoder recognised: input 'input_ids': found shape [1, 128], expected [batch, "
            "tokens], both free");
}

TEST(Refusal, NamesAnInputOfLayerNormalizationOverAnotherAxis) {
  Graph graph = fixture_graph("dynamo20_sdpa");
  set_int(nth(graph, "LayerNormalization", 1), "axis", 1);
  const auto model = make_model(graph);
  EXPECT_FALSE(model->encoder);
  EXPECT_NE(model->warnings.at(0).find("(LayerNormalization): found axis 1"), std::string::npos);
}

TEST(Refusal, NamesAGraphWithoutAttention) {
  Graph graph = fixture_graph("legacy14_eager");
  for (Node& node : graph.nodes)
    if (node.op_type == "Softmax") {
      node.op_type = "Sigmoid";
      node.attributes.clear();
    }
  expect_refused(graph, "Squeeze", "the end of a graph without attention");
}

TEST(Refusal, NamesADifferentQuantisationOfTheProduct) {
  Graph graph = fixture_graph("int8_u8");
  Node& product = nth(graph, "MatMulInteger", 1);
  graph.initializers.emplace("elsewhere", Tensor::scalar<std::uint8_t>(7));
  product.inputs[2] = "elsewhere";
  const auto model = make_model(graph);
  EXPECT_FALSE(model->encoder);
  EXPECT_NE(model->warnings.at(0).find("expected "), std::string::npos) << model->warnings[0];
}

// Puts a pair with another scale than any other behind `value`, for the node `reader` alone.
void insert_pair(Graph& graph, const std::string& value, const std::string& reader) {
  graph.initializers.emplace("inserted_scale", Tensor::scalar(0.03125F));
  graph.initializers.emplace("inserted_zero", Tensor::scalar<std::int8_t>(3));
  const auto at = std::ranges::find(graph.nodes, reader, &Node::name);
  ASSERT_NE(at, graph.nodes.end());
  ASSERT_EQ(std::ranges::count(at->inputs, value), 1);
  *std::ranges::find(at->inputs, value) = "inserted";
  const auto node = [](const char* op, const std::string& from, const char* to) {
    return Node{op, "", to, {from, "inserted_scale", "inserted_zero"}, {to}, {}};
  };
  graph.nodes.insert(at, {node("QuantizeLinear", value, "inserted_bytes"),
                          node("DequantizeLinear", "inserted_bytes", "inserted")});
}

TEST(Refusal, NamesThePairThatRoundsScaledScores) {
  Graph graph = fixture_graph("qdq_onnxruntime");
  insert_pair(graph, "/model/bert/encoder/layer.0/attention/self/Mul_output_0",
              "/model/bert/encoder/layer.0/attention/self/Add");
  expect_refused(graph, "DequantizeLinear", "node 'inserted'");
}

TEST(Refusal, NamesThePairThatRoundsASum) {
  Graph graph = fixture_graph("qdq_onnxruntime");
  insert_pair(graph, "/model/bert/encoder/layer.1/attention/self/query/Add_output_0",
              "/model/bert/encoder/layer.1/attention/self/Reshape");
  expect_refused(graph, "DequantizeLinear", "node 'inserted'");
}

TEST(Refusal, NamesQueriesThatAreTurnedRoundBeforeTheyAreQuantised) {
  Graph graph = fixture_graph("qdq_sdpa_tables");
  graph.initializers.at("val_89") = Tensor::scalar(-0.5F);
  expect_refused(graph, "MatMul", "found queries or keys multiplied by -0.5");
}

TEST(Refusal, NamesALayerWhoseResidualIsRoundedOtherwise) {
  Graph graph = fixture_graph("qdq_onnxruntime");
  for (Node& node : graph.nodes)
    if (node.name == "/model/bert/encoder/layer.0/output/Add")
      for (std::string& input : node.inputs)
        if (input.ends_with("_DequantizeLinear_Output"))
          input.resize(input.size() - std::string_view("_DequantizeLinear_Output").size());
  insert_pair(graph, "/model/bert/encoder/layer.0/attention/output/LayerNorm/Add_1_output_0",
              "/model/bert/encoder/layer.0/output/Add");
  expect_refused(graph, "MatMul",
                 "found an input that is quantised otherwise than for node "
                 "'/model/bert/encoder/layer.0/output/Add' (Add), expected the same scale");
}

}  // namespace
}  // namespace filigree::loader
