// Every form of an int8 linear layer that a file may hold, from MatMulInteger or Q/DQ pairs to the
// packed kernels of every instruction set: activations and weights u8 or s8, any zero points, one
// for the tensor or one for each output, at extreme values. Integer sums are exact, so bits are
// compared.
#include <gtest/gtest.h>

#include <bit>

#include "kernels/aligned_buffer.h"
#include "kernels/isa.h"
#include "kernels/kernel_table.h"
#include "loader/packed_linear.h"
#include "loader/passes/canonical_qdq.h"
#include "loader/passes/canonical_quantized.h"
#include "tests/loader/graph_builder.h"

namespace filigree::loader {
namespace {

using kernels::AlignedBuffer;
using kernels::KernelTable;
using kernels::kPanelTokens;

constexpr std::size_t kInputs = 11;  // no multiple of a quad
constexpr std::size_t kOutputs = 6;
constexpr std::size_t kTokens = 37;
constexpr float kScale = 0.0625F;
constexpr std::int32_t kBias[kOutputs] = {0, 1, -1, 70000, -70000, 12345};

// Numbers as they stand in the file; `zeros` has one element or kOutputs.
struct Bytes {
  DataType type;
  std::vector<std::int32_t> zeros;

  std::int32_t lowest() const { return type == DataType::kUint8 ? 0 : -128; }
  std::int32_t zero(std::size_t output) const { return zeros[zeros.size() == 1 ? 0 : output]; }
};

// Extreme bytes as often as others.
std::int32_t byte_at(const Bytes& bytes, std::size_t i) {
  constexpr std::int32_t kBytes[] = {0, 255, 128, 255, 255, 1, 0, 0, 127, 254, 129, 255, 64};
  return bytes.lowest() + kBytes[i * 7 % std::size(kBytes)];
}
std::int32_t weight_at(const Bytes& weights, std::size_t input, std::size_t output) {
  return byte_at(weights, input * kOutputs + output + input % 3);
}
std::int32_t activation_at(const Bytes& activations, std::size_t token, std::size_t input) {
  return byte_at(activations, token * 5 + input);
}

Tensor tensor_of(const Bytes& bytes, Dims dims, const std::vector<std::int32_t>& values) {
  if (bytes.type == DataType::kUint8) {
    const std::vector<std::uint8_t> narrow(values.begin(), values.end());
    return Tensor::of<std::uint8_t>(std::move(dims), narrow);
  }
  const std::vector<std::int8_t> narrow(values.begin(), values.end());
  return Tensor::of<std::int8_t>(std::move(dims), narrow);
}

GraphBuilder layer_builder(const Bytes& activations, const Bytes& weights) {
  std::vector<std::int32_t> values;
  for (std::size_t k = 0; k < kInputs; ++k)
    for (std::size_t n = 0; n < kOutputs; ++n) values.push_back(weight_at(weights, k, n));
  GraphBuilder builder;
  const auto zeros = static_cast<std::int64_t>(weights.zeros.size());
  builder.input("x").output("y").constant<float>("one", {}, {1.0F});
  builder.constant("z", tensor_of(activations, {}, activations.zeros));
  builder.constant("w", tensor_of(weights, {kInputs, kOutputs}, values));
  builder.constant("wz", tensor_of(weights, zeros == 1 ? Dims{} : Dims{zeros}, weights.zeros));
  builder.node("QuantizeLinear", {"x", "one", "z"}, "q");
  return builder;
}

// y = float(quantised x times w + bias) * kScale, x quantised with scale 1.
Graph layer_graph(const Bytes& activations, const Bytes& weights) {
  GraphBuilder builder = layer_builder(activations, weights);
  builder.constant<float>("scale", {}, {kScale});
  builder.constant<std::int32_t>("b", {kOutputs}, {std::begin(kBias), std::end(kBias)});
  builder.node("MatMulInteger", {"q", "w", "z", "wz"}, "p").node("Add", {"p", "b"}, "s");
  builder.node("Cast", {"s"}, "c", {{"to", std::int64_t{1}}}).node("Mul", {"c", "scale"}, "y");
  Graph graph = builder.graph();
  canonicalize_quantized(graph);
  return graph;
}

// The same as float(quantised x) times (float(w) * kScale) + bias * kScale, which are exact.
Graph pair_graph(const Bytes& activations, const Bytes& weights) {
  GraphBuilder builder = layer_builder(activations, weights);
  std::vector<float> bias;
  for (const std::int32_t b : kBias) bias.push_back(static_cast<float>(b) * kScale);
  builder.constant<float>("b", {kOutputs}, bias);
  const std::size_t scales = weights.zeros.size();
  builder.constant<float>("scale", scales == 1 ? Dims{} : Dims{kOutputs},
                          std::vector<float>(scales, kScale));
  builder.node("DequantizeLinear", {"q", "one", "z"}, "d");
  builder.node("DequantizeLinear", {"w", "scale", "wz"}, "wf");
  builder.node("MatMul", {"d", "wf"}, "p").node("Add", {"p", "b"}, "y");
  Graph graph = builder.graph();
  canonicalize_qdq(graph);
  return graph;
}

float expected(const Bytes& activations, const Bytes& weights, std::size_t token, std::size_t n) {
  std::int64_t sum = kBias[n];
  for (std::size_t k = 0; k < kInputs; ++k)
    sum += std::int64_t{activation_at(activations, token, k) - activations.zero(0)} *
           (weight_at(weights, k, n) - weights.zero(n));
  return static_cast<float>(sum) * kScale;
}

// The panel [kOutputs][T] of one call.
std::vector<float> run(const KernelTable& table, const Linear& linear, const Bytes& activations) {
  AlignedBuffer x(kernels::panel_floats(kInputs) * sizeof(float));
  AlignedBuffer quantized(kernels::quad_panel_bytes(kInputs));
  AlignedBuffer y(kernels::panel_floats(kOutputs) * sizeof(float));
  AlignedBuffer scratch(kernels::i8_scratch_elements(linear.weights.view()) * sizeof(std::int32_t));
  for (std::size_t token = 0; token < kTokens; ++token)
    for (std::size_t k = 0; k < kInputs; ++k)
      x.as<float>()[k * kPanelTokens + token] =
          static_cast<float>(activation_at(activations, token, k) - activations.zero(0));
  table.quantize({kInputs, kTokens, x.as<float>(), *linear.input, quantized.as<std::uint8_t>()});
  kernels::linear_i8(
      table, linear.weights.format())({.weights = linear.weights.view(),
                                       .first_block = 0,
                                       .last_block = linear.weights.view().row_blocks,
                                       .tokens = kTokens,
                                       .x = quantized.as<std::uint8_t>(),
                                       .offset = linear.offset.data(),
                                       .scale = linear.scale.data(),
                                       .bias = linear.bias.empty() ? nullptr : linear.bias.data(),
                                       .activation = kernels::Activation::kNone,
                                       .residual = nullptr,
                                       .y = y.as<float>(),
                                       .y_u8 = nullptr,
                                       .y_quantization = {1.0F, 0},
                                       .scratch = scratch.as<std::int32_t>()});
  return {y.as<float>(), y.as<float>() + y.size() / sizeof(float)};
}

void expect_exact(const Graph& graph, const Bytes& activations, const Bytes& weights) {
  ASSERT_EQ(operators(graph), std::vector<std::string>{"QuantizedLinear"});
  const GraphIndex index(graph);
  for (const auto formats : {LoadOptions::Formats::kDense, LoadOptions::Formats::kSparse,
                             LoadOptions::Formats::kUnstructured}) {
    PackScratch scratch;
    const Linear linear = pack_linear(index, graph.nodes[0], {.formats = formats},
                                      *std::pmr::new_delete_resource(), scratch);
    for (const KernelTable& table : kernels::supported_tables()) {
      SCOPED_TRACE(std::string(kernels::isa_name(table.isa)) + " " +
                   format_name(linear.weights.format()) + ", zero points " +
                   std::to_string(activations.zeros[0]) + " and " +
                   std::to_string(weights.zeros[0]));
      const std::vector<float> y = run(table, linear, activations);
      for (std::size_t token = 0; token < kTokens; ++token)
        for (std::size_t n = 0; n < kOutputs; ++n)
          ASSERT_EQ(std::bit_cast<std::uint32_t>(y[n * kPanelTokens + token]),
                    std::bit_cast<std::uint32_t>(expected(activations, weights, token, n)))
              << "token " << token << " output " << n;
    }
  }
}

void expect_exact(const Bytes& activations, const Bytes& weights) {
  expect_exact(layer_graph(activations, weights), activations, weights);
  expect_exact(pair_graph(activations, weights), activations, weights);
}

const std::vector<Bytes>& activation_forms() {
  static const std::vector<Bytes> forms = {{DataType::kUint8, {0}},   {DataType::kUint8, {128}},
                                           {DataType::kUint8, {255}}, {DataType::kInt8, {-128}},
                                           {DataType::kInt8, {0}},    {DataType::kInt8, {127}}};
  return forms;
}

TEST(QuantizedLinear, IsExactForOneZeroPointOfTheWeights) {
  for (const Bytes& activations : activation_forms()) {
    for (const std::int32_t zero : {0, 1, 120, 128, 254, 255})
      expect_exact(activations, {DataType::kUint8, {zero}});
    for (const std::int32_t zero : {-128, -1, 0, 5, 127})
      expect_exact(activations, {DataType::kInt8, {zero}});
  }
}

TEST(QuantizedLinear, IsExactForAZeroPointOfEachOutput) {
  for (const Bytes& activations : activation_forms()) {
    expect_exact(activations, {DataType::kUint8, {0, 255, 128, 127, 1, 200}});
    expect_exact(activations, {DataType::kInt8, {-128, 127, 0, -1, 1, 77}});
  }
}

}  // namespace
}  // namespace filigree::loader
