// Values that are rounded to the steps of a quantisation, for everybody who reads them, behind
// normalisations and products: as ONNX Runtime writes models whose products it gives Q/DQ pairs.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <limits>
#include <random>

#include "loader/interpreter.h"
#include "loader/onnx_file.h"
#include "runtime/encoder_trace.h"
#include "runtime/round_panel.h"

namespace filigree::runtime {
namespace {

using kernels::kPanelTokens;
using kernels::Quantization;

constexpr std::size_t kFeatures = 8, kTokens = 77;

struct alignas(kernels::kPanelAlignment) Values {
  std::array<float, kernels::panel_floats(kFeatures)> f32;
};

Values values_around(const Quantization& steps) {
  Values values{};
  std::mt19937 random(1);
  std::uniform_int_distribution<int> half_steps(-600, 600);
  for (float& value : values.f32) value = static_cast<float>(half_steps(random)) / 2 * steps.scale;
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  const float special[] = {kInfinity, -kInfinity, NAN, 0.0F, -0.0F, 1e-40F, 3e38F, -3e38F};
  std::ranges::copy(special, values.f32.begin());
  return values;
}

TEST(RoundPanel, GivesTheBitsOfQuantisingAndBack) {
  for (const Quantization steps : {Quantization{0.5F, 0}, {0.013F, 131}, {7e-3F, 255}, {3e5F, 7}}) {
    const Values in = values_around(steps);
    Values got = in;
    round_panel(steps, kFeatures, kTokens, got.f32.data());
    for (const kernels::KernelTable& table : kernels::supported_tables()) {
      alignas(kernels::kPanelAlignment)
          std::array<std::uint8_t, kernels::quad_panel_bytes(kFeatures)>
              bytes;
      table.quantize({kFeatures, kTokens, in.f32.data(), steps, bytes.data()});
      for (std::size_t f = 0; f < kFeatures; ++f)
        for (std::size_t t = 0; t < kPanelTokens; ++t) {
          const std::size_t i = f * kPanelTokens + t;
          const int q = bytes[f / 4 * 4 * kPanelTokens + 4 * t + f % 4];
          const float want =
              t < kTokens ? static_cast<float>(q - steps.zero_point) * steps.scale : in.f32[i];
          ASSERT_EQ(std::bit_cast<std::uint32_t>(got.f32[i]), std::bit_cast<std::uint32_t>(want))
              << kernels::isa_name(table.isa) << ", " << in.f32[i] << " in steps of "
              << steps.scale;
        }
    }
  }
}

std::string fixture(const std::string& name) {
  return FILIGREE_SOURCE_DIR "/tests/data/encoders/" + name + ".onnx";
}

void expect_steps(const StageValues& stage, const loader::LayerNorm& norm) {
  ASSERT_TRUE(norm.rounding);
  const auto [scale, zero] = *norm.rounding;
  for (const float value : stage.values) {
    const float steps = std::nearbyint(value / scale);
    ASSERT_EQ(value, steps * scale) << stage_name(stage.stage) << " of layer " << stage.layer;
    ASSERT_LE(std::fabs(steps + static_cast<float>(zero) - 127.5F), 127.5F);
  }
}

Sequence first_sequence(const loader::Values& golden) {
  Sequence sequence;
  const std::int64_t tokens = golden.at("attention_mask").dims()[1];
  for (std::int64_t t = 0; t < tokens; ++t) {
    if (golden.at("attention_mask").data<std::int64_t>()[t] == 0) break;
    sequence.ids.push_back(
        static_cast<std::int32_t>(golden.at("input_ids").data<std::int64_t>()[t]));
    sequence.type_ids.push_back(
        static_cast<std::int32_t>(golden.at("token_type_ids").data<std::int64_t>()[t]));
  }
  return sequence;
}

class RoundedNorm : public testing::TestWithParam<const char*> {};

// The last hidden state is read by the head alone, which rounds for itself.
TEST_P(RoundedNorm, LeavesStepsThatGiveTheOutputsOfOnnxRuntime) {
  const auto model = loader::load_model(fixture(GetParam()));
  ASSERT_TRUE(model->encoder) << model->warnings.at(0);
  const loader::Encoder& encoder = *model->encoder;
  const loader::Values golden =
      loader::read_onnx(fixture(std::string(GetParam()) + ".golden")).initializers;
  const std::vector sequences{first_sequence(golden)};
  for (const kernels::KernelTable& table : kernels::supported_tables()) {
    const Trace trace = trace_batch(table, encoder, sequences, 1).at(0);
    for (const StageValues& stage : trace) {
      const loader::EncoderLayer& layer = encoder.layers.at(stage.layer);
      if (stage.stage == Stage::kEmbeddings) expect_steps(stage, *encoder.embeddings.norm);
      if (stage.stage == Stage::kAttentionNorm) expect_steps(stage, layer.attention_norm);
      if (stage.stage == Stage::kOutputNorm && &layer != &encoder.layers.back())
        expect_steps(stage, layer.output_norm);
    }
    EXPECT_FALSE(encoder.layers.back().output_norm.rounding);
    const auto tokens = static_cast<std::int64_t>(sequences[0].ids.size());
    const auto hidden = static_cast<std::int64_t>(encoder.hidden_size);
    const loader::Values feeds{
        {encoder.output, loader::Tensor::of<float>({1, tokens, hidden},
                                                   std::span<const float>(trace.back().values))}};
    const auto outputs = loader::run_graph(model->rest, feeds, model->output_names);
    // As in tests/loader/encoder_golden_test.cc: a few steps of a range of 255.
    for (std::size_t output = 0; output < outputs.size(); ++output)
      for (std::size_t t = 0; t < outputs[output].size(); ++t)
        EXPECT_NEAR(outputs[output].data<float>()[t],
                    golden.at(model->output_names[output]).data<float>()[t], 0.08);
  }
}

// W x of a layer that rounds it, plus the bias: integers up to one product and one sum.
float rounded_output(const loader::Linear& linear, const StageValues& x, std::size_t token,
                     std::size_t row) {
  const std::size_t cols = linear.weights.cols();
  const std::vector<std::int16_t> weights = kernels::unpack_i8(linear.weights);
  const auto steps_of = [](float value, const Quantization& steps) {
    const float q = std::nearbyint(value / steps.scale) + static_cast<float>(steps.zero_point);
    return static_cast<int>(std::clamp(q, 0.0F, 255.0F));
  };
  int sum = linear.offset[row];
  for (std::size_t col = 0; col < cols; ++col)
    sum += weights[row * cols + col] * steps_of(x.values[token * cols + col], *linear.input);
  const Quantization& rounding = *linear.rounding;
  const int steps = steps_of(static_cast<float>(sum) * linear.scale[row], rounding);
  return static_cast<float>(steps - rounding.zero_point) * rounding.scale + linear.bias[row];
}

TEST(RoundedProduct, IsRoundedBeforeTheBias) {
  const auto model = loader::load_model(fixture("qdq_results"));
  ASSERT_TRUE(model->encoder) << model->warnings.at(0);
  const loader::Linear& value = model->encoder->layers[0].value;
  ASSERT_TRUE(value.rounding);
  const std::vector sequences{
      first_sequence(loader::read_onnx(fixture("qdq_results.golden")).initializers)};
  for (const kernels::KernelTable& table : kernels::supported_tables()) {
    const Trace trace = trace_batch(table, *model->encoder, sequences, 1).at(0);
    const StageValues& input = *std::ranges::find(trace, Stage::kEmbeddings, &StageValues::stage);
    const StageValues& output = *std::ranges::find(trace, Stage::kValue, &StageValues::stage);
    for (std::size_t i = 0; i < output.values.size(); ++i)
      ASSERT_EQ(output.values[i],
                rounded_output(value, input, i / output.features, i % output.features))
          << kernels::isa_name(table.isa) << " at " << i;
  }
}

INSTANTIATE_TEST_SUITE_P(Fixtures, RoundedNorm,
                         testing::Values("qdq_results", "qdq_sdpa_results", "qdq_onnxruntime",
                                         "qdq_float_weights", "qdq_sdpa_tables"));

}  // namespace
}  // namespace filigree::runtime
