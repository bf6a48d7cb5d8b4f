// Operands of products that are quantised per tensor, as the passes see them.
#pragma once

#include <optional>
#include <string>

#include "loader/passes/graph_index.h"

namespace filigree::loader {

bool is_byte(DataType type) noexcept;  // UINT8 or INT8

// True when bytes that are dequantised and quantised again are the same: q * scale / scale rounds
// to q for |q| <= 255, unless q * scale is denormal or infinite.
bool is_reversible(float scale) noexcept;

// x, scale and zero point ("" for none) of a value that QuantizeLinear makes per tensor.
struct Quantized {
  std::string x, scale, zero_point;
};

// Nullopt when no QuantizeLinear with a constant scale and zero point makes `value`. Where x itself
// is such a value behind DequantizeLinear of equal scale and zero point, quantising it again
// changes nothing, and x is what was quantised first.
std::optional<Quantized> quantized(const GraphIndex& index, const std::string& value);

// A value that was quantised and is float again.
struct Dequantized {
  Quantized bytes;
  std::string scale;  // of DequantizeLinear
};

// Nullopt when `value` is none, or when DequantizeLinear subtracts another zero point.
std::optional<Dequantized> dequantized(const GraphIndex& index, const std::string& value);

// The bytes that the DequantizeLinear `node` reads, or those that were quantised before where they
// were made float and quantised again with equal scale and zero point.
std::string first_bytes(const GraphIndex& index, const Node& node);

// Equal scale and zero point.
bool same_quantization(const GraphIndex& index, const Quantized& a, const Quantized& b);

// True when the pair gives what it gave once more when it is applied to its own result.
bool is_rounding(const GraphIndex& index, const Dequantized& pair);

// The zero point that a product subtracts is the one that quantised its operand; a missing one is
// 0.
bool same_zero_point(const GraphIndex& index, const std::string& of_product,
                     const std::string& of_quantize);

// True when no attribute but the axis (and, of QuantizeLinear, the one for 8-bit floats) says what
// the node does.
bool is_plain_quantization(const Node& node) noexcept;

}  // namespace filigree::loader
