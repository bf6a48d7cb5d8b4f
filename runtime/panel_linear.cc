#include "runtime/panel_linear.h"

#include <cassert>

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

void apply_i8(const KernelTable& table, const loader::Linear& linear, PanelInput& input,
              const PanelOutput& output, std::int32_t* accumulators) noexcept {
  const kernels::PackedView& weights = linear.weights.view();
  kernels::linear_i8(table, weights.format)({
      .weights = weights,
      .first_block = 0,
      .last_block = weights.row_blocks,
      .tokens = input.tokens(),
      .x = input.quantized(table, *linear.input),
      .offset = linear.offset.data(),
      .scale = linear.scale.data(),
      .bias = bias_of(linear),
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
  if (linear.input) {
    apply_i8(table, linear, input, output, accumulators);
  } else {
    apply_f32(table, linear, input, output);
  }
}

}  // namespace filigree::runtime
