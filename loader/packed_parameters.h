// Checked reading of the constants of a recognised encoder, for packing.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "kernels/panel.h"
#include "loader/model.h"
#include "loader/passes/graph_index.h"

namespace filigree::loader {

// The float initializer `name` with `count` elements (or one, when `count` is not, repeated).
// Throws FormatError naming `node`, what was found and what was expected.
std::vector<float> float_values(const GraphIndex& index, const Node& node, const std::string& name,
                                std::size_t count);
std::vector<float> repeated_values(const GraphIndex& index, const Node& node,
                                   const std::string& name, std::size_t count);

// Quantisation to u8. An s8 zero point is moved by 128, and with it every value: differences stay
// the same.
kernels::Quantization quantization(const GraphIndex& index, const Node& node,
                                   const std::string& scale, const std::string& zero_point);

// How a QuantizedMatMul scales its sums, and how it rounds them when it does.
struct ProductScale {
  float scale = 0;
  std::optional<kernels::Requantization> rounding = {};
};
ProductScale product_scale(const GraphIndex& index, const Node& node);

// The zero point of a u8 or s8 tensor as a number, 0 when `name` is "". One element.
std::int32_t zero_point_value(const GraphIndex& index, const Node& node, const std::string& name);

// Of a LayerNormalization over the last axis with constant parameters. Throws Mismatch for another.
LayerNorm layer_norm(const GraphIndex& index, const Node& node, std::size_t width);

}  // namespace filigree::loader
