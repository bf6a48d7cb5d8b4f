#include "runtime/panel_linear.h"

#include <cassert>

#include "runtime/round_panel.h"

namespace filigree::runtime {
namespace {

using kernels::KernelTable;
using kernels::Quantization;

bool same(const Quantization& a, const Quantization& b) {
  return a.scale == b.scale && a.zero_point == b.zero_point;
}

const float* bias_of(const loader::Linear& linear) {
  return linear.bias.empty() ? nullptr : linear.bias.data();
}

void multiply_i8(const KernelTable& table, const loader::Linear& linear, PanelInput& input,
                 const PanelOutput& output, const float* bias,
                 std::int32_t* accumulators) noexcept {
  const kernels::PackedView& weights = linear.weights.view();
  kernels::linear_i8(table, weights.format)({
      .weights = weights,
      .first_block = 0,
      .last_block = weights.row_blocks,
      .tokens = input.tokens(),
      .x = input.quantized(table, *linear.input),
      .offset = linear.offset.data(),
      .scale = linear.scale.data(),
      .bias = bias,
      .activation = output.activation,
      .residual = output.residual,
      .y = output.y_u8 == nullptr ? output.y : nullptr,
      .y_u8 = output.y_u8,
      .y_quantization = output.quantization,
      .scratch = accumulators,
  });
}

void apply_f32(const KernelTable& table, const loader::Linear& linear, const PanelInput& input,
               const PanelOutput& output) noexcept {
  assert(input.f32() != nullptr);
  const kernels::PackedView& weights = linear.weights.view();
  kernels::linear_f32(table, weights.format)({
      .weights = weights,
      .first_block = 0,
      .last_block = weights.row_blocks,
      .tokens = input.tokens(),
      .x = input.f32(),
      .bias = bias_of(linear),
      .activation = output.activation,
      .residual = output.residual,
      .y = output.y,
  });
  if (output.y_u8 != nullptr)
    table.quantize(
        {linear.weights.rows(), input.tokens(), output.y, output.quantization, output.y_u8});
}

// A layer whose product is rounded before the rest of its epilogue, which no kernel does.
void apply_rounded(const KernelTable& table, const loader::Linear& linear, PanelInput& input,
                   const PanelOutput& output, std::int32_t* accumulators) noexcept {
  const std::size_t rows = linear.weights.rows();
  const std::size_t tokens = input.tokens();
  float* product = output.y == output.residual ? output.product : output.y;
  assert(product != nullptr);
  multiply_i8(table, linear, input, {.y = product}, nullptr, accumulators);
  round_panel(*linear.rounding, rows, tokens, product);
  for (std::size_t row = 0; row < rows; ++row) {
    const std::size_t first = row * kernels::kPanelTokens;
    float* values = product + first;
    const float bias = linear.bias.empty() ? 0.0F : linear.bias[row];
    for (std::size_t t = 0; t < tokens; ++t) values[t] += bias;
    if (output.activation == kernels::Activation::kGelu) table.gelu({values, tokens, values});
    if (output.residual == nullptr) continue;
    for (std::size_t t = 0; t < tokens; ++t)
      output.y[first + t] = values[t] + output.residual[first + t];
  }
  if (output.y_u8 != nullptr)
    table.quantize({rows, tokens, output.y, output.quantization, output.y_u8});
}

}  // namespace

const std::uint8_t* PanelInput::quantized(const KernelTable& table,
                                          const Quantization& quantization) noexcept {
  if (!held_ || !same(*held_, quantization)) {
    assert(x_ != nullptr);
    table.quantize({features_, tokens_, x_, quantization, buffer_});
    held_ = quantization;
  }
  return buffer_;
}

void apply(const KernelTable& table, const loader::Linear& linear, PanelInput& input,
           const PanelOutput& output, std::int32_t* accumulators) noexcept {
  if (linear.rounding) {
    apply_rounded(table, linear, input, output, accumulators);
  } else if (linear.input) {
    multiply_i8(table, linear, input, output, bias_of(linear), accumulators);
  } else {
    apply_f32(table, linear, input, output);
  }
}

}  // namespace filigree::runtime
