#include <memory>
#include <sstream>

#include "kernels/packed_weights.h"
#include "tools/selftest/kernel_case.h"

namespace filigree::tools {
namespace {

using kernels::Activation;
using kernels::KernelTable;
using kernels::PackedWeights;
using kernels::Quantization;
using kernels::WeightFormat;

struct Format {
  WeightFormat format;
  const char* name;
};
// The first one is what the others are compared with.
constexpr Format kF32Formats[] = {{WeightFormat::kDenseF32, "dense"},
                                  {WeightFormat::kUnstructuredF32, "unstructured"},
                                  {WeightFormat::kBlock4x1F32, "4x1 blocks"},
                                  {WeightFormat::kBlock1x4F32, "1x4 blocks"}};
constexpr Format kI8Formats[] = {{WeightFormat::kDenseI8, "dense"},
                                 {WeightFormat::kGroupsI8, "groups"},
                                 {WeightFormat::kUnstructuredI8, "unstructured"}};
static_assert(std::size(kF32Formats) + std::size(kI8Formats) == kernels::kWeightFormats,
              "a new format belongs into one of the lists");

struct Layer {
  std::size_t rows, cols;
  double density;
  std::size_t tokens;
  Activation activation;
  bool adds;  // bias and residual
};
// At and beside the edges of tiles, row blocks and chunks, as dense and as sparse as matrices are.
constexpr Layer kLayers[] = {
    {1, 1, 1.0, 1, Activation::kNone, false},    {7, 13, 0.5, 17, Activation::kGelu, true},
    {97, 113, 0.2, 64, Activation::kNone, true}, {48, 230, 1.0, 40, Activation::kGelu, false},
    {26, 260, 0.3, 50, Activation::kGelu, true}, {385, 96, 0.1, 33, Activation::kNone, true},
    {13, 449, 0.05, 9, Activation::kNone, true},
};

std::string text_of(const Layer& layer, const char* output) {
  std::ostringstream text;
  text << layer.rows << "x" << layer.cols << " at density " << layer.density << ", " << layer.tokens
       << " tokens" << (layer.activation == Activation::kGelu ? ", GELU" : "")
       << (layer.adds ? ", bias and residual" : "") << output;
  return text.str();
}

struct LinearF32Inputs {
  LinearF32Inputs(const Layer& layer_in, RandomNumbers& random)
      : layer(layer_in),
        x(random_panel(random, layer.cols, -1, 1)),
        bias(random.floats(layer.rows, -1, 1)),
        residual(random_panel(random, layer.rows, -1, 1)) {}

  KernelOutput run(const KernelTable& table, const PackedWeights& weights) const {
    Panels<float> y(kernels::panel_floats(layer.rows));
    linear_f32(table, weights.format())({.weights = weights.view(),
                                         .first_block = 0,
                                         .last_block = weights.view().row_blocks,
                                         .tokens = layer.tokens,
                                         .x = x.data(),
                                         .bias = layer.adds ? bias.data() : nullptr,
                                         .activation = layer.activation,
                                         .residual = layer.adds ? residual.data() : nullptr,
                                         .y = y.data()});
    return output_of(y, layer.rows, layer.tokens);
  }

  Layer layer;
  Panels<float> x;
  std::vector<float> bias;
  Panels<float> residual;
};

KernelCase f32_case(const Layer& layer, unsigned seed) {
  RandomNumbers random(seed);
  std::vector<float> matrix(layer.rows * layer.cols);
  for (float& weight : matrix)
    if (random.uniform(0, 1) < static_cast<float>(layer.density)) weight = random.uniform(-1, 1);
  const auto inputs = std::make_shared<const LinearF32Inputs>(layer, random);
  KernelCase test{"linear fp32", text_of(layer, ""), {}};
  for (const Format& format : kF32Formats) {
    if (format.format == WeightFormat::kBlock1x4F32 && layer.cols % 4 != 0) continue;
    const auto weights = std::make_shared<const PackedWeights>(
        kernels::pack_f32(format.format, matrix, layer.rows, layer.cols));
    test.variants.push_back({format.name, [inputs, weights](const KernelTable& table) {
                               return inputs->run(table, *weights);
                             }});
  }
  return test;
}

enum class Output { kF32, kU8 };

struct LinearI8Inputs {
  LinearI8Inputs(const Layer& layer_in, RandomNumbers& random)
      : layer(layer_in),
        x(random_quads(random, kernels::quad_panel_bytes(layer.cols))),
        scale(random.floats(layer.rows, 0x1p-14F, 0x1p-12F)),
        bias(random.floats(layer.rows, -1, 1)),
        residual(random_panel(random, layer.rows, -1, 1)) {
    for (std::size_t row = 0; row < layer.rows; ++row)
      offset.push_back(random.between(-10000, 10000));
  }

  KernelOutput run(const KernelTable& table, const PackedWeights& weights, Output output) const {
    Panels<float> y(kernels::panel_floats(layer.rows));
    Panels<std::uint8_t> y_u8(kernels::quad_panel_bytes(layer.rows));
    Panels<std::int32_t> scratch(kernels::i8_scratch_elements(weights.view()));
    const bool is_u8 = output == Output::kU8;
    linear_i8(table, weights.format())({.weights = weights.view(),
                                        .first_block = 0,
                                        .last_block = weights.view().row_blocks,
                                        .tokens = layer.tokens,
                                        .x = x.data(),
                                        .offset = offset.data(),
                                        .scale = scale.data(),
                                        .bias = layer.adds ? bias.data() : nullptr,
                                        .activation = layer.activation,
                                        .residual = layer.adds ? residual.data() : nullptr,
                                        .y = is_u8 ? nullptr : y.data(),
                                        .y_u8 = is_u8 ? y_u8.data() : nullptr,
                                        .y_quantization = Quantization{4.0F / 255, 93},
                                        .scratch = scratch.data()});
    return is_u8 ? output_of(y_u8, layer.rows, layer.tokens)
                 : output_of(y, layer.rows, layer.tokens);
  }

  Layer layer;
  Panels<std::uint8_t> x;
  std::vector<std::int32_t> offset;
  std::vector<float> scale, bias;
  Panels<float> residual;
};

// largest: 127 fits int8; 255 is what a u8 weight minus its zero point can be.
void add_i8_cases(const Layer& layer, int largest, unsigned seed, std::vector<KernelCase>& cases) {
  RandomNumbers random(seed);
  std::vector<std::int16_t> matrix(layer.rows * layer.cols);
  for (std::int16_t& weight : matrix)
    if (random.uniform(0, 1) < static_cast<float>(layer.density))
      weight = static_cast<std::int16_t>(random.between(-largest, largest));
  const auto inputs = std::make_shared<const LinearI8Inputs>(layer, random);
  KernelCase f32{"linear int8", text_of(layer, ", fp32 output"), {}};
  KernelCase u8{"linear int8", text_of(layer, ", u8 output"), {}};
  for (const Format& format : kI8Formats) {
    const auto weights = std::make_shared<const PackedWeights>(
        kernels::pack_i8(format.format, matrix, layer.rows, layer.cols));
    for (const Output output : {Output::kF32, Output::kU8})
      (output == Output::kF32 ? f32 : u8)
          .variants.push_back({format.name, [inputs, weights, output](const KernelTable& table) {
                                 return inputs->run(table, *weights, output);
                               }});
  }
  cases.push_back(std::move(f32));
  cases.push_back(std::move(u8));
}

}  // namespace

std::vector<KernelCase> linear_cases() {
  std::vector<KernelCase> cases;
  unsigned seed = 1;
  for (const Layer& layer : kLayers) cases.push_back(f32_case(layer, seed++));
  for (const Layer& layer : kLayers)
    for (const int largest : {127, 255}) add_i8_cases(layer, largest, seed++, cases);
  return cases;
}

}  // namespace filigree::tools
