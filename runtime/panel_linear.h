// A linear layer of the model on one panel, float or quantised: quantises its input when the layer
// wants that, and its output when whoever reads it wants that. All noexcept; no allocation.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "kernels/kernel_table.h"
#include "kernels/panel.h"
#include "loader/model.h"

namespace filigree::runtime {

// The input of one or more layers. A quantised form is made when first asked for and kept as long
// as the same quantisation is asked for: query, key and value usually share one.
class PanelInput {
 public:
  // x: float panel [features][T]; buffer: quad panel [features] for the quantised form.
  PanelInput(const float* x, std::size_t features, std::size_t tokens,
             std::uint8_t* buffer) noexcept
      : x_(x), features_(features), tokens_(tokens), buffer_(buffer) {}
  // An input that exists quantised only.
  PanelInput(std::uint8_t* quantized, kernels::Quantization quantization, std::size_t features,
             std::size_t tokens) noexcept
      : features_(features), tokens_(tokens), buffer_(quantized), held_(quantization) {}

  std::size_t tokens() const noexcept { return tokens_; }
  const float* f32() const noexcept { return x_; }
  const std::uint8_t* quantized(const kernels::KernelTable& table,
                                const kernels::Quantization& quantization) noexcept;

 private:
  const float* x_ = nullptr;
  std::size_t features_;
  std::size_t tokens_;
  std::uint8_t* buffer_;
  std::optional<kernels::Quantization> held_;  // what buffer_ holds
};

struct PanelOutput {
  kernels::Activation activation = kernels::Activation::kNone;
  const float* residual = nullptr;
  float* y = nullptr;            // float panel [rows][T]; scratch when y_u8 is given
  float* product = nullptr;      // scratch panel [rows][T], for layers with a `rounding` where y is
                                 // the residual
  std::uint8_t* y_u8 = nullptr;  // quad panel [rows]: the output quantised with `quantization`
  kernels::Quantization quantization{1.0f, 0};  // of y_u8
};

// accumulators: kernels::i8_scratch_elements(linear.weights.view()) elements, for quantised layers.
void apply(const kernels::KernelTable& table, const loader::Linear& linear, PanelInput& input,
           const PanelOutput& output, std::int32_t* accumulators) noexcept;

}  // namespace filigree::runtime
