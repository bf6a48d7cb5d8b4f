// What is packed is what the file holds.
#include <gtest/gtest.h>

#include <cmath>

#include "loader/model.h"
#include "loader/passes/fold_constants.h"
#include "tests/loader/encoder_fixtures.h"

namespace filigree::loader {
namespace {

struct NamedLinear {
  const Linear* linear;
  const Tensor* weight;  // [inputs, outputs]
};

// The linear layers of a model with the folded initializers that they were packed from.
std::vector<NamedLinear> linears(const Model& model, const Graph& folded) {
  std::vector<NamedLinear> result;
  for (const EncoderLayer& layer : model.encoder->layers)
    for (const Linear* linear : {&layer.query, &layer.key, &layer.value, &layer.attention_output,
                                 &layer.ffn_in, &layer.ffn_out})
      result.push_back({linear, &folded.initializers.at(linear->name)});
  return result;
}

Graph folded_graph(std::string_view name) {
  Graph graph = fixture_graph(name);
  fold_constants(graph);
  return graph;
}

TEST(PackedModel, UnpacksToTheWeightsOfTheFile) {
  for (const char* name : {"legacy14_eager", "legacy14_eager_fp16", "dynamo18_sdpa"})
    for (const auto formats : {LoadOptions::Formats::kDense, LoadOptions::Formats::kSparse,
                               LoadOptions::Formats::kUnstructured}) {
      SCOPED_TRACE(name);
      const auto model = load_model(fixture_file(name), {.formats = formats});
      const Graph folded = folded_graph(name);
      for (const auto& [linear, weight] : linears(*model, folded)) {
        const std::size_t rows = linear->weights.rows();
        const std::size_t cols = linear->weights.cols();
        ASSERT_EQ(weight->dims(),
                  (Dims{static_cast<std::int64_t>(cols), static_cast<std::int64_t>(rows)}));
        EXPECT_EQ(linear->bias.size(), rows);
        const std::vector<float> unpacked = kernels::unpack_f32(linear->weights);
        for (std::size_t row = 0; row < rows; ++row)
          for (std::size_t col = 0; col < cols; ++col)
            ASSERT_EQ(unpacked[row * cols + col], weight->data<float>()[col * rows + row]);
      }
    }
}

std::int32_t stored(const Tensor& tensor, std::size_t i) {
  return tensor.type() == DataType::kUint8 ? std::int32_t{tensor.data<std::uint8_t>()[i]}
                                           : std::int32_t{tensor.data<std::int8_t>()[i]};
}

TEST(PackedModel, UnpacksIntegersMinusTheirZeroPoint) {
  for (const char* name : {"int8_u8", "int8_s8_float_bias", "int8_u8_zero_point_120"})
    for (const auto formats : {LoadOptions::Formats::kDense, LoadOptions::Formats::kSparse,
                               LoadOptions::Formats::kUnstructured}) {
      SCOPED_TRACE(name);
      const std::int32_t zero = std::string_view(name) == "int8_u8"              ? 128
                                : std::string_view(name) == "int8_s8_float_bias" ? 0
                                                                                 : 120;
      const auto model = load_model(fixture_file(name), {.formats = formats});
      const Graph folded = folded_graph(name);
      for (const auto& [linear, weight] : linears(*model, folded)) {
        const std::size_t rows = linear->weights.rows();
        const std::size_t cols = linear->weights.cols();
        const std::vector<std::int16_t> unpacked = kernels::unpack_i8(linear->weights);
        for (std::size_t row = 0; row < rows; ++row)
          for (std::size_t col = 0; col < cols; ++col)
            ASSERT_EQ(unpacked[row * cols + col], stored(*weight, col * rows + row) - zero);
      }
    }
}

TEST(PackedModel, MovesTheZeroPointOfSignedActivations) {
  const auto plain = load_model(fixture_file("int8_u8"));
  const auto moved = load_model(fixture_file("int8_signed_activations"));
  const EncoderLayer& a = plain->encoder->layers[0];
  const EncoderLayer& b = moved->encoder->layers[0];
  EXPECT_EQ(a.query.input->zero_point, b.query.input->zero_point);
  EXPECT_EQ(a.query.offset, b.query.offset);
  EXPECT_EQ(a.integer_attention->p.zero_point, b.integer_attention->p.zero_point);
}

TEST(PackedModel, KeepsTheBiasInTheOffsetOrAfterTheScale) {
  const auto integer = load_model(fixture_file("int8_u8"));
  const auto floating = load_model(fixture_file("int8_s8_float_bias"));
  const Linear& with_integer = integer->encoder->layers[0].query;
  const Linear& with_float = floating->encoder->layers[0].query;
  EXPECT_TRUE(with_integer.bias.empty());
  ASSERT_EQ(with_float.bias.size(), 32U);
  const auto sums = with_float.weights.row_sums();
  for (std::size_t row = 0; row < 32; ++row)
    EXPECT_EQ(with_float.offset[row], -with_float.input->zero_point * sums[row]);
  // The integer bias is the float one in steps of the scale, rounded.
  const auto integer_sums = with_integer.weights.row_sums();
  for (std::size_t row = 0; row < 32; ++row) {
    const std::int32_t bias =
        with_integer.offset[row] + with_integer.input->zero_point * integer_sums[row];
    EXPECT_NEAR(static_cast<float>(bias) * with_integer.scale[row], with_float.bias[row],
                0.51F * with_integer.scale[row]);
  }
}

TEST(PackedModel, ScalesScoresAsTheGraphDoes) {
  const auto scale = [](std::string_view name) {
    return load_model(fixture_file(name))->encoder->layers[0].score_scale;
  };
  EXPECT_FLOAT_EQ(scale("legacy14_eager"), 1 / std::sqrt(8.0F));
  EXPECT_FLOAT_EQ(scale("legacy17_sdpa"), 1 / std::sqrt(12.0F));
  const auto model = load_model(fixture_file("int8_u8"));
  const EncoderLayer& layer = model->encoder->layers[0];
  EXPECT_FLOAT_EQ(layer.score_scale, layer.integer_attention->q.scale *
                                         layer.integer_attention->k.scale / std::sqrt(8.0F));
  EXPECT_FLOAT_EQ(layer.integer_attention->out_scale,
                  layer.integer_attention->p.scale * layer.integer_attention->v.scale);
}

}  // namespace
}  // namespace filigree::loader
