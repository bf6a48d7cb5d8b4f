// Damaged graphs are errors or refusals, never crashes and never encoders of another shape.
#include <gtest/gtest.h>

#include "loader/error.h"
#include "loader/model.h"
#include "tests/loader/encoder_fixtures.h"
#include "tests/loader/expect_error.h"

namespace filigree::loader {
namespace {

// The model when the graph can be loaded, nullptr after a FormatError. Any other exception fails
// the test.
std::shared_ptr<const Model> loaded(const Graph& graph) {
  try {
    return make_model(graph);
  } catch (const FormatError& error) {
    EXPECT_GT(std::string_view(error.what()).size(), 20U);
    return nullptr;
  }
}

// Every node would take most of a minute with sanitizers; layers repeat, so every third meets every
// kind of node.
constexpr std::size_t kNodeStride = 3;

// One longer (with zeros) or shorter in dimension `d`.
Tensor resized(const Tensor& tensor, std::size_t d, std::int64_t change) {
  Dims dims = tensor.dims();
  dims[d] += change;
  return Tensor(tensor.type(), dims);
}

// Everything but tables: those may have other rows and still be right.
void expect_same_layers(const Model& got, const Model& want) {
  ASSERT_EQ(got.matrices.size(), want.matrices.size());
  for (std::size_t i = 0; i < got.matrices.size(); ++i) {
    EXPECT_EQ(got.matrices[i].rows, want.matrices[i].rows);
    EXPECT_EQ(got.matrices[i].cols, want.matrices[i].cols);
    EXPECT_EQ(got.matrices[i].nonzeros, want.matrices[i].nonzeros);
  }
  for (std::size_t i = 0; i < got.encoder->layers.size(); ++i) {
    const EncoderLayer& layer = got.encoder->layers[i];
    const EncoderLayer& original = want.encoder->layers[i];
    EXPECT_EQ(layer.attention_norm.gamma, original.attention_norm.gamma);
    EXPECT_EQ(layer.output_norm.beta, original.output_norm.beta);
    EXPECT_EQ(layer.ffn_in.bias, original.ffn_in.bias);
    EXPECT_EQ(layer.ffn_in.offset, original.ffn_in.offset);
    EXPECT_EQ(layer.ffn_in.scale, original.ffn_in.scale);
  }
}

TEST(HostileGraph, EveryWrongDimensionOfAnInitializerIsFound) {
  for (const char* name :
       {"legacy14_eager", "dynamo20_sdpa", "int8_u8", "int8_u8_zero_point_120"}) {
    const Graph graph = fixture_graph(name);
    const auto original = make_model(graph);
    for (const auto& [initializer, tensor] : graph.initializers)
      for (std::size_t d = 0; d < tensor.dims().size(); ++d)
        for (const std::int64_t change : {1, -1}) {
          if (tensor.dims()[d] + change < 0) continue;
          SCOPED_TRACE(std::string(name) + " " + initializer + " dimension " + std::to_string(d) +
                       (change > 0 ? " + 1" : " - 1"));
          Graph damaged = graph;
          damaged.initializers.at(initializer) = resized(tensor, d, change);
          const auto model = loaded(damaged);
          if (model == nullptr || !model->encoder) continue;
          expect_same_layers(*model, *original);
        }
  }
}

TEST(HostileGraph, EveryInputOfEveryNodeMayBeMissing) {
  for (const char* name : {"legacy14_eager", "dynamo18_sdpa", "int8_s8_float_bias"}) {
    const Graph graph = fixture_graph(name);
    for (std::size_t i = 0; i < graph.nodes.size(); i += kNodeStride)
      for (std::size_t input = 0; input < graph.nodes[i].inputs.size(); ++input) {
        SCOPED_TRACE(std::string(name) + " " + graph.nodes[i].name);
        Graph omitted = graph;
        omitted.nodes[i].inputs[input].clear();
        loaded(omitted);
        Graph cut = graph;
        cut.nodes[i].inputs.resize(input);
        loaded(cut);
      }
  }
}

TEST(HostileGraph, EveryInputOfEveryNodeMayBeAnotherValue) {
  for (const char* name : {"dynamo18_eager", "int8_u8"}) {
    const Graph graph = fixture_graph(name);
    for (std::size_t i = 0; i < graph.nodes.size(); i += kNodeStride)
      for (std::size_t input = 0; input < graph.nodes[i].inputs.size(); ++input) {
        SCOPED_TRACE(std::string(name) + " " + graph.nodes[i].name);
        const std::string earlier = i == 0 ? "attention_mask" : graph.nodes[i / 2].outputs[0];
        for (const std::string& other : {std::string("input_ids"), earlier}) {
          Graph changed = graph;
          if (changed.nodes[i].inputs[input] == other) continue;
          changed.nodes[i].inputs[input] = other;
          loaded(changed);
        }
      }
  }
}

TEST(HostileGraph, AFileMayNotUseTheOperatorsOfThePasses) {
  Graph graph = fixture_graph("legacy14_eager");
  graph.nodes[0].domain = "filigree";
  graph.nodes[0].op_type = "Linear";
  expect_error<UnsupportedError>([&] { make_model(graph); }, "filigree::Linear");
}

TEST(HostileGraph, AnEmptyGraphIsNoEncoder) {
  Graph graph;
  graph.file = "empty.onnx";
  graph.opset = 14;
  const auto model = make_model(graph);
  EXPECT_FALSE(model->encoder);
  EXPECT_EQ(model->warnings.size(), 1U);
}

}  // namespace
}  // namespace filigree::loader
