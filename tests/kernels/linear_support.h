// What the tests of packed weights and of the linear kernels share: random matrices and one call of
// a kernel.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "kernels/kernel_table.h"
#include "kernels/packed_weights.h"
#include "tests/kernels/guarded_memory.h"
#include "tests/kernels/op_support.h"

namespace filigree::kernels::testing {

// A matrix shape at or beside the edges of tiles, row blocks and chunks.
struct Shape {
  std::size_t rows;
  std::size_t cols;
};

// The float formats that hold a matrix with this many inputs.
inline std::vector<WeightFormat> f32_formats(std::size_t cols) {
  std::vector<WeightFormat> formats{WeightFormat::kDenseF32, WeightFormat::kUnstructuredF32,
                                    WeightFormat::kBlock4x1F32};
  if (cols % 4 == 0) formats.push_back(WeightFormat::kBlock1x4F32);
  return formats;
}

inline std::string describe(const KernelTable& table, WeightFormat format, Shape shape,
                            double density, std::size_t tokens) {
  return name_of(table) + " format " + std::string(format_name(format)) + " " +
         std::to_string(shape.rows) + "x" + std::to_string(shape.cols) + " density " +
         std::to_string(density) + " tokens " + std::to_string(tokens);
}

// Each weight is nonzero with probability `density`.
inline std::vector<float> random_f32(Random& random, Shape shape, double density) {
  std::vector<float> weights(shape.rows * shape.cols);
  for (float& weight : weights)
    if (random.uniform(0.0F, 1.0F) < static_cast<float>(density))
      weight = random.uniform(-1.0F, 1.0F);
  return weights;
}

// Nonzero weights in [-limit, limit].
inline std::vector<std::int16_t> random_i8(Random& random, Shape shape, double density, int limit) {
  std::vector<std::int16_t> weights(shape.rows * shape.cols);
  for (std::int16_t& weight : weights)
    if (random.uniform(0.0F, 1.0F) < static_cast<float>(density))
      weight = static_cast<std::int16_t>(
          static_cast<int>(random.below(2 * static_cast<std::size_t>(limit) + 1)) - limit);
  return weights;
}

// kInPlace: the residual lies in y.
enum class Residual { kNone, kGiven, kInPlace };

// Inputs and outputs of one fp32 linear layer, each at the end of a page that a protected one
// follows.
struct F32Case {
  F32Case(Random& random, Shape shape_in, std::size_t tokens_in)
      : shape(shape_in),
        tokens(tokens_in),
        x(panel_floats(shape.cols)),
        bias(shape.rows),
        residual(panel_floats(shape.rows)) {
    random.fill(x.span(), -1.0F, 1.0F);
    random.fill(bias.span(), -1.0F, 1.0F);
    random.fill(residual.span(), -1.0F, 1.0F);
    for (std::size_t f = 0; f < shape.cols; ++f)
      for (std::size_t t = tokens; t < kPanelTokens; ++t) x[f * kPanelTokens + t] = kNaN;
  }

  Shape shape;
  std::size_t tokens;
  GuardedMemory<float> x;
  GuardedMemory<float> bias;
  GuardedMemory<float> residual;
  bool with_bias = true;
  Residual with_residual = Residual::kGiven;
  Activation activation = Activation::kNone;
};

template <class Case>
const float* residual_of(const Case& c, const float* y) {
  if (c.with_residual == Residual::kNone) return nullptr;
  return c.with_residual == Residual::kInPlace ? y : c.residual.data();
}

// Outputs [rows][tokens] of one call per `blocks_of_call` row blocks, last blocks first.
inline std::vector<float> run(const KernelTable& table, const PackedWeights& packed,
                              const F32Case& c, std::size_t blocks_of_call = 1) {
  const GuardedMemory<float> y(panel_floats(c.shape.rows));
  for (std::size_t i = 0; i < y.size(); ++i)
    y[i] = c.with_residual == Residual::kInPlace ? c.residual[i] : kNaN;
  for (std::size_t end = packed.view().row_blocks; end > 0; end -= std::min(end, blocks_of_call))
    linear_f32(table, packed.format())({.weights = packed.view(),
                                        .first_block = end - std::min(end, blocks_of_call),
                                        .last_block = end,
                                        .tokens = c.tokens,
                                        .x = c.x.data(),
                                        .bias = c.with_bias ? c.bias.data() : nullptr,
                                        .activation = c.activation,
                                        .residual = residual_of(c, y.data()),
                                        .y = y.data()});
  std::vector<float> out;
  for (std::size_t n = 0; n < c.shape.rows; ++n)
    for (std::size_t t = 0; t < c.tokens; ++t) out.push_back(y[n * kPanelTokens + t]);
  return out;
}

// The same for int8. x is random in all 256 values.
struct I8Case {
  I8Case(Random& random, Shape shape_in, std::size_t tokens_in)
      : shape(shape_in),
        tokens(tokens_in),
        x(quad_panel_bytes(shape.cols)),
        offset(shape.rows),
        scale(shape.rows),
        bias(shape.rows),
        residual(panel_floats(shape.rows)) {
    random.fill(x.span());
    random.fill(scale.span(), 0x1p-14F, 0x1p-12F);
    random.fill(bias.span(), -1.0F, 1.0F);
    random.fill(residual.span(), -1.0F, 1.0F);
    for (std::int32_t& value : offset.span())
      value = static_cast<std::int32_t>(random.below(20001)) - 10000;
  }

  std::int32_t input(std::size_t k, std::size_t t) const {
    return x[k / 4 * 4 * kPanelTokens + 4 * t + k % 4];
  }

  Shape shape;
  std::size_t tokens;
  GuardedMemory<std::uint8_t> x;
  GuardedMemory<std::int32_t> offset;
  GuardedMemory<float> scale;
  GuardedMemory<float> bias;
  GuardedMemory<float> residual;
  bool with_bias = true;
  Residual with_residual = Residual::kGiven;
  Activation activation = Activation::kNone;
  std::optional<Quantization> quantization;  // of a quad panel output; float output without
};

// Outputs of one call per row block: float [rows][tokens], or u8 [rows rounded up to 4][tokens] as
// numbers.
inline std::vector<float> run(const KernelTable& table, const PackedWeights& packed,
                              const I8Case& c) {
  const GuardedMemory<float> y(panel_floats(c.shape.rows));
  const GuardedMemory<std::uint8_t> y_u8(quad_panel_bytes(c.shape.rows));
  const GuardedMemory<std::int32_t> scratch(i8_scratch_elements(packed.view()));
  for (std::size_t i = 0; i < y.size(); ++i)
    y[i] = c.with_residual == Residual::kInPlace ? c.residual[i] : kNaN;
  for (std::uint8_t& value : y_u8.span()) value = 77;
  for (std::int32_t& value : scratch.span()) value = -1;
  for (std::size_t block = packed.view().row_blocks; block-- > 0;)
    linear_i8(table,
              packed.format())({.weights = packed.view(),
                                .first_block = block,
                                .last_block = block + 1,
                                .tokens = c.tokens,
                                .x = c.x.data(),
                                .offset = c.offset.data(),
                                .scale = c.scale.data(),
                                .bias = c.with_bias ? c.bias.data() : nullptr,
                                .activation = c.activation,
                                .residual = residual_of(c, y.data()),
                                .y = c.quantization ? nullptr : y.data(),
                                .y_u8 = c.quantization ? y_u8.data() : nullptr,
                                .y_quantization = c.quantization.value_or(Quantization{1.0F, 0}),
                                .scratch = scratch.data()});
  std::vector<float> out;
  const std::size_t rows = c.quantization ? (c.shape.rows + 3) / 4 * 4 : c.shape.rows;
  for (std::size_t n = 0; n < rows; ++n)
    for (std::size_t t = 0; t < c.tokens; ++t)
      out.push_back(c.quantization
                        ? static_cast<float>(y_u8[n / 4 * 4 * kPanelTokens + 4 * t + n % 4])
                        : y[n * kPanelTokens + t]);
  return out;
}

}  // namespace filigree::kernels::testing
