// What a pair of ONNX QuantizeLinear and DequantizeLinear makes of a panel.
#pragma once

#include <cstddef>

#include "kernels/panel.h"

namespace filigree::runtime {

// x[f,t] = (clamp(round_half_even(x[f,t] / scale) + zero_point, 0, 255) - zero_point) * scale for
// `features` rows of a float panel, in place; NaN becomes -zero_point * scale. Lanes behind
// `tokens` are left alone. The same bits as table.quantize and a product afterwards.
void round_panel(const kernels::Quantization& quantization, std::size_t features,
                 std::size_t tokens, float* panel) noexcept;

}  // namespace filigree::runtime
