// The parts of the model maker.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "loader/onnx_file.h"
#include "tools/model_maker/eight_bits.h"
#include "tools/model_maker/float_model.h"
#include "tools/model_maker/onnx_writer.h"
#include "tools/model_maker/random.h"
#include "tools/model_maker/sparsity.h"
#include "tools/model_maker/weights.h"

namespace filigree::tools {
namespace {

using loader::Graph;
using loader::Tensor;

std::string written(const Graph& graph) {
  const std::string axes[] = {"batch", "sequence"};
  const WireWriter writer = onnx_bytes(graph, axes);
  std::string bytes;
  for (const std::string_view piece : writer.pieces()) bytes += piece;
  EXPECT_EQ(bytes.size(), writer.size());
  return bytes;
}

Graph read(const std::string& bytes) {
  return loader::parse_onnx(std::as_bytes(std::span(bytes)), "memory.onnx");
}

Graph every_attribute() {
  Graph graph;
  graph.opset = 17;
  graph.inputs = {{.name = "x", .type = loader::DataType::kFloat, .dims = {std::nullopt, 3}}};
  graph.outputs = {{.name = "y", .type = loader::DataType::kFloat, .dims = {}}};
  const std::vector<std::int64_t> integers{-1, 0, std::int64_t{1} << 40};
  graph.initializers.emplace("w", Tensor::of<std::int64_t>({3}, std::span(integers)));
  graph.nodes.push_back({.op_type = "Odd",
                         .domain = "",
                         .name = "",
                         .inputs = {"x", "", "w"},
                         .outputs = {"y"},
                         .attributes = {{"i", std::int64_t{-7}},
                                        {"f", 0.1F},
                                        {"s", std::string("text")},
                                        {"is", integers},
                                        {"fs", std::vector<float>{1.5F, -2}},
                                        {"ss", std::vector<std::string>{"a", ""}},
                                        {"t", Tensor::scalar(3.0F)}}});
  return graph;
}

TEST(OnnxWriter, WhatIsReadBackIsWhatWasWritten) {
  const std::string bytes = written(every_attribute());
  const Graph graph = read(bytes);
  EXPECT_EQ(graph.opset, 17);
  const loader::Node& node = graph.nodes.at(0);
  EXPECT_EQ(node.inputs, (std::vector<std::string>{"x", "", "w"}));
  EXPECT_EQ(int_attribute(node, "i", 0), -7);
  EXPECT_EQ(float_attribute(node, "f", 0), 0.1F);
  EXPECT_EQ(string_attribute(node, "s", ""), "text");
  EXPECT_EQ(ints_attribute(node, "is", {}),
            (std::vector<std::int64_t>{-1, 0, std::int64_t{1} << 40}));
  EXPECT_EQ(std::get<std::vector<float>>(find_attribute(node, "fs")->value),
            (std::vector<float>{1.5F, -2}));
  EXPECT_EQ(std::get<std::vector<std::string>>(find_attribute(node, "ss")->value),
            (std::vector<std::string>{"a", ""}));
  EXPECT_EQ(tensor_attribute(node, "t")->data<float>()[0], 3.0F);
  EXPECT_EQ(graph.inputs.at(0).dims, (std::vector<std::optional<std::int64_t>>{std::nullopt, 3}));
  EXPECT_EQ(graph.initializers.at("w").data<std::int64_t>()[2], std::int64_t{1} << 40);
  EXPECT_EQ(written(graph), bytes);
}

TEST(OnnxWriter, RefusesWhatTheReaderDidNotKeep) {
  Graph graph = every_attribute();
  graph.nodes[0].attributes.push_back({"body", loader::UnreadValue{"subgraph"}});
  EXPECT_THROW(written(graph), std::invalid_argument);
  graph = every_attribute();
  graph.nodes[0].domain = "com.example";
  EXPECT_THROW(written(graph), std::invalid_argument);
  graph = every_attribute();
  graph.functions = {"a::b"};
  EXPECT_THROW(written(graph), std::invalid_argument);
}

TEST(Random, StreamsDependOnSeedAndName) {
  Random random(1, "stream");
  Random same(1, "stream");
  Random other(1, "stream2");
  const std::uint64_t first = random.bits();
  EXPECT_EQ(first, same.bits());
  EXPECT_NE(first, other.bits());
}

TEST(Random, BellHasMeanZeroAndDeviationOne) {
  Random random(2, "bell");
  double sum = 0, squares = 0;
  constexpr int kCount = 100000;
  for (int i = 0; i < kCount; ++i) {
    const double value = random.bell();
    sum += value;
    squares += value * value;
    ASSERT_LT(std::fabs(value), 3.47);
  }
  // Five deviations of the mean and, with kurtosis 2.7, of the variance.
  EXPECT_NEAR(sum / kCount, 0, 5 / std::sqrt(kCount));
  EXPECT_NEAR(squares / kCount, 1, 5 * std::sqrt(1.7 / kCount));
}

struct Shape {
  std::size_t inputs, outputs;
};

TEST(Sparsity, KeepsExactlyTheShareOfBlocks) {
  for (const Pattern pattern : {Pattern::kUnstructured, Pattern::k1x4, Pattern::k4x1})
    for (const Spread spread : {Spread::kEven, Spread::kSkewed})
      for (const std::size_t percent : {1, 50, 80, 99})
        for (const Shape shape : {Shape{64, 96}, Shape{30, 41}}) {
          SCOPED_TRACE(testing::Message() << pattern_name(pattern) << " " << percent << " "
                                          << shape.inputs << " x " << shape.outputs);
          Random random(3, "mask");
          const auto kept =
              kept_weights(random, {.pattern = pattern, .percent = percent, .spread = spread},
                           shape.inputs, shape.outputs);
          const std::size_t high = pattern == Pattern::k1x4 ? 4 : 1;
          const std::size_t wide = pattern == Pattern::k4x1 ? 4 : 1;
          std::size_t blocks = 0, full = 0;
          for (std::size_t i = 0; i < shape.inputs; i += high)
            for (std::size_t o = 0; o < shape.outputs; o += wide) {
              ++blocks;
              const std::uint8_t first = kept[i * shape.outputs + o];
              full += first;
              for (std::size_t di = 0; di < high && i + di < shape.inputs; ++di)
                for (std::size_t d = 0; d < wide && o + d < shape.outputs; ++d)
                  ASSERT_EQ(kept[(i + di) * shape.outputs + o + d], first);
            }
          EXPECT_EQ(full, (blocks * (100 - percent) + 50) / 100);
        }
}

// Coefficient of variation of the weights that each input keeps.
double variation(Spread spread) {
  constexpr std::size_t kInputs = 400, kOutputs = 400;
  Random random(4, "mask");
  const auto kept =
      kept_weights(random, {.pattern = Pattern::kUnstructured, .percent = 80, .spread = spread},
                   kInputs, kOutputs);
  double sum = 0, squares = 0;
  for (std::size_t i = 0; i < kInputs; ++i) {
    const double count =
        std::accumulate(kept.begin() + static_cast<std::ptrdiff_t>(i * kOutputs),
                        kept.begin() + static_cast<std::ptrdiff_t>((i + 1) * kOutputs), 0.0);
    sum += count;
    squares += count * count;
  }
  return std::sqrt(squares / kInputs - sum * sum / kInputs / kInputs) / (sum / kInputs);
}

TEST(Sparsity, SkewSpreadsWeightsUnevenlyOverTheInputs) {
  EXPECT_LT(variation(Spread::kEven), 0.13);  // binomial: 0.1
  EXPECT_GT(variation(Spread::kSkewed), 0.35);
  EXPECT_LT(variation(Spread::kSkewed), 0.65);
}

TEST(Weights, KeepTheirVarianceWhateverTheSparsity) {
  for (const std::size_t percent : {0, 80, 95}) {
    const Tensor weight = linear_weight(
        7, "w", {512, 512},
        {.pattern = percent == 0 ? Pattern::kNone : Pattern::kUnstructured, .percent = percent});
    double squares = 0;
    for (const float w : weight.data<float>()) squares += double{w} * w;
    // Of one output. Without its innermost 4 % a bell is 1.042 as wide; five deviations.
    const double kept = 512.0 * 512 * static_cast<double>(100 - percent) / 100;
    EXPECT_NEAR(squares / 512 / 1.042, 1, 5 * std::sqrt(1.7 / kept)) << percent;
  }
}

TEST(EightBits, NoKeptWeightBecomesZeroAndNoZeroBecomesAnother) {
  const Tensor weight =
      linear_weight(8, "w", {256, 256}, {.pattern = Pattern::kUnstructured, .percent = 80});
  for (const ByteSign sign : {ByteSign::kUnsigned, ByteSign::kSigned}) {
    const ByteTensor bytes = symmetric_bytes(weight, sign);
    for (std::size_t i = 0; i < weight.size(); ++i) {
      const float w = weight.data<float>()[i];
      const int steps = sign == ByteSign::kSigned ? bytes.bytes.data<std::int8_t>()[i]
                                                  : bytes.bytes.data<std::uint8_t>()[i] - 128;
      ASSERT_EQ(w == 0, steps == 0);
      // Half a step, and the rounding of the quotient.
      ASSERT_NEAR(static_cast<float>(steps) * bytes.scale, w, 0.5001 * bytes.scale);
    }
  }
}

TEST(EightBits, ScalesOfActivationsCoverMoreThanTheRange) {
  for (const Range range : {Range{-1, 3}, Range{0, 1}, Range{-0.17F, 40}, Range{0, 0}}) {
    const ByteScale scale = activation_scale(range);
    EXPECT_GT(scale.scale, 0);
    // The zero point is a whole step: at one end up to half a step may be missing.
    EXPECT_LE((-scale.zero_point - 0.5F) * scale.scale, range.low);
    EXPECT_GE((255.5F - scale.zero_point) * scale.scale, range.high);
    EXPECT_LE(255 * scale.scale, std::max(1.08F * (range.high - range.low), 2e-6F));
  }
}

}  // namespace
}  // namespace filigree::tools
