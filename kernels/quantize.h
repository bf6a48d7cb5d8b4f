// Quantises one float panel to a quad panel (kernels/panel.h), as ONNX QuantizeLinear does:
//   out[f,t] = clamp(round_half_even(in[f,t] / scale) + zero_point, 0, 255)
// NaN gives 0. Features that pad the last quad get zero_point. noexcept, allocates nothing.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/panel.h"

namespace filigree::kernels {

struct QuantizeArgs {
  std::size_t features;
  std::size_t tokens;  // 1..kPanelTokens
  const float* in;     // panel [features][T]
  Quantization quantization;
  std::uint8_t* out;  // quad panel [features]
};

using QuantizeFn = void(const QuantizeArgs&) noexcept;

}  // namespace filigree::kernels
