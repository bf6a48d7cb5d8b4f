// Attention whose products QLinearMatMul rounds to bytes: the encoder against the interpreter,
// which computes the nodes of the file one by one.
#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <vector>

#include "loader/interpreter.h"
#include "loader/model.h"
#include "loader/onnx_file.h"
#include "runtime/encoder_trace.h"
#include "runtime/engine.h"
#include "tests/runtime/tiny_model.h"

namespace filigree::runtime {
namespace {

using loader::Dims;
using loader::Tensor;

std::filesystem::path model_file() {
  return std::filesystem::path(FILIGREE_SOURCE_DIR) / "tests/data/encoders/int8_byte_products.onnx";
}

enum class Order { kTokensFirst, kFeaturesFirst };

// The u8 values of a stage as [1, heads, tokens, size], or the last two exchanged.
Tensor split_into_heads(const StageValues& stage, std::size_t heads, Order order) {
  const std::size_t size = stage.features / heads;
  const std::size_t tokens = stage.values.size() / stage.features;
  const auto dim = [](std::size_t n) { return static_cast<std::int64_t>(n); };
  const bool turned = order == Order::kFeaturesFirst;
  Tensor bytes(loader::DataType::kUint8,
               Dims{1, dim(heads), dim(turned ? size : tokens), dim(turned ? tokens : size)});
  auto* out = bytes.mutable_data<std::uint8_t>().data();
  for (std::size_t head = 0; head < heads; ++head)
    for (std::size_t t = 0; t < tokens; ++t)
      for (std::size_t d = 0; d < size; ++d)
        out[head * tokens * size + (turned ? d * tokens + t : t * size + d)] =
            static_cast<std::uint8_t>(stage.values[t * stage.features + head * size + d]);
  return bytes;
}

const StageValues& stage_of(const Trace& trace, std::size_t layer, Stage stage) {
  for (const StageValues& values : trace)
    if (values.layer == layer && values.stage == stage) return values;
  throw std::out_of_range("no such stage");
}

// The products of queries and keys, of probabilities and values, of each layer in turn.
std::vector<const loader::Node*> products(const loader::Graph& graph) {
  std::vector<const loader::Node*> found;
  for (const loader::Node& node : graph.nodes)
    if (node.op_type == "QLinearMatMul") found.push_back(&node);
  return found;
}

// What the nodes of the file make of the bytes of q, k and v, as bytes [1, heads, tokens, size].
Tensor interpreted_context(const loader::Graph& graph, const loader::Encoder& encoder,
                           const Trace& trace, std::size_t layer) {
  const auto nodes = products(graph);
  const loader::Node& scores = *nodes.at(2 * layer);
  const loader::Node& context = *nodes.at(2 * layer + 1);
  const StageValues& q = stage_of(trace, layer, Stage::kQuery);
  Tensor mask(loader::DataType::kInt64,
              {1, static_cast<std::int64_t>(q.values.size() / q.features)});
  std::ranges::fill(mask.mutable_data<std::int64_t>(), 1);
  const loader::Values feeds = {
      {"input_ids", mask},
      {"attention_mask", mask},
      {"token_type_ids", mask},
      {scores.inputs[0], split_into_heads(q, encoder.heads, Order::kTokensFirst)},
      {scores.inputs[3],
       split_into_heads(stage_of(trace, layer, Stage::kKey), encoder.heads, Order::kFeaturesFirst)},
      {context.inputs[3], split_into_heads(stage_of(trace, layer, Stage::kValue), encoder.heads,
                                           Order::kTokensFirst)}};
  return loader::run_graph(graph, feeds, context.outputs).at(0);
}

TEST(RoundedAttention, GivesTheBitsOfTheInterpreterOnEveryIsa) {
  const loader::Graph graph = loader::read_onnx(model_file());
  const auto model = loader::load_model(model_file());
  ASSERT_TRUE(model->encoder);
  const loader::Encoder& encoder = *model->encoder;
  const std::vector<Sequence> sequences = random_sequences({9, 4, 1, 24, 17}, 60, 3);
  for (const kernels::KernelTable& table : kernels::supported_tables()) {
    const std::vector<Trace> traces = trace_batch(table, encoder, sequences, 1);
    for (std::size_t i = 0; i < traces.size(); ++i)
      for (std::size_t layer = 0; layer < encoder.layers.size(); ++layer) {
        SCOPED_TRACE(std::string(kernels::isa_name(table.isa)) + ", sequence " + std::to_string(i) +
                     ", layer " + std::to_string(layer));
        const Tensor bytes = interpreted_context(graph, encoder, traces[i], layer);
        const StageValues& got = stage_of(traces[i], layer, Stage::kContext);
        const loader::IntegerAttention& integer = *encoder.layers[layer].integer_attention;
        const std::size_t tokens = sequences[i].ids.size();
        for (std::size_t j = 0; j < got.values.size(); ++j) {
          const std::size_t feature = j % got.features;
          const std::size_t at =
              (feature / encoder.head_size * tokens + j / got.features) * encoder.head_size +
              feature % encoder.head_size;
          const int steps = bytes.data<std::uint8_t>()[at] - integer.out_rounding->zero_point;
          const float want = static_cast<float>(steps) * integer.out_scale;
          ASSERT_EQ(std::bit_cast<std::uint32_t>(got.values[j]), std::bit_cast<std::uint32_t>(want))
              << got.values[j] << " and " << want << " at token " << j / got.features
              << ", feature " << feature;
        }
      }
  }
}

// Embeddings, GELU and normalisations round elsewhere; with these sequences no byte falls to
// another step for it, which would be seen as 1e-2.
TEST(RoundedAttention, WholeModelGivesWhatTheInterpreterGives) {
  Engine engine({.cores = 1});
  Request request;
  request.sequences = random_sequences({9, 4, 1, 24, 17}, 60, 4);
  request.model = loader::load_model(model_file());
  const Response got = engine.run(request);
  request.model =
      loader::load_model(model_file(), {.recognition = loader::LoadOptions::Recognition::kNone});
  const Response want = engine.run(request);
  ASSERT_EQ(got.sequences.size(), want.sequences.size());
  for (std::size_t i = 0; i < got.sequences.size(); ++i)
    for (std::size_t output = 0; output < got.sequences[i].tensors.size(); ++output) {
      const auto a = got.sequences[i].tensors[output].data<float>();
      const auto b = want.sequences[i].tensors[output].data<float>();
      ASSERT_EQ(a.size(), b.size());
      for (std::size_t j = 0; j < a.size(); ++j) EXPECT_NEAR(a[j], b[j], 1e-4) << "at " << j;
    }
}

}  // namespace
}  // namespace filigree::runtime
