#include "loader/passes/quantized_operand.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace filigree::loader {
namespace {

// So many pairs one behind the other are looked through.
constexpr int kMaxRepeatedPairs = 16;

bool equal_tensors(const Tensor& a, const Tensor& b) {
  return a.type() == b.type() && a.size() == b.size() && std::ranges::equal(a.bytes(), b.bytes());
}

bool is_zero(const Tensor& tensor) {
  return std::ranges::all_of(tensor.bytes(), [](std::byte byte) { return byte == std::byte{0}; });
}

// The node, when scale and zero point are right for the whole tensor.
const Node* per_tensor(const GraphIndex& index, const std::string& value,
                       std::string_view op_type) {
  const Node* node = index.producer(value, op_type);
  if (node == nullptr || node->inputs.size() < 2 || !is_plain_quantization(*node) ||
      !float_scalar(index.constant(node->inputs[1])))
    return nullptr;
  const std::string& zero_point = input_name(*node, 2);
  if (zero_point.empty()) return node;
  const Tensor* zero = index.constant(zero_point);
  return zero != nullptr && zero->size() == 1 && is_byte(zero->type()) ? node : nullptr;
}

std::optional<Quantized> quantized_once(const GraphIndex& index, const std::string& value) {
  const Node* node = per_tensor(index, value, "QuantizeLinear");
  if (node == nullptr) return std::nullopt;
  return Quantized{node->inputs[0], node->inputs[1], input_name(*node, 2)};
}

std::optional<Dequantized> dequantized_once(const GraphIndex& index, const std::string& value) {
  const Node* node = per_tensor(index, value, "DequantizeLinear");
  if (node == nullptr) return std::nullopt;
  std::optional<Quantized> bytes = quantized_once(index, node->inputs[0]);
  if (!bytes || !same_zero_point(index, input_name(*node, 2), bytes->zero_point))
    return std::nullopt;
  return Dequantized{std::move(*bytes), node->inputs[1]};
}

bool same_scale(const GraphIndex& index, const std::string& a, const std::string& b) {
  return a == b || equal_tensors(*index.constant(a), *index.constant(b));
}

void look_through_repetitions(const GraphIndex& index, Quantized& q) {
  if (!is_reversible(*float_scalar(index.constant(q.scale)))) return;
  for (int i = 0; i < kMaxRepeatedPairs; ++i) {
    const std::optional<Dequantized> before = dequantized_once(index, q.x);
    if (!before || !same_scale(index, before->scale, q.scale) ||
        !same_quantization(index, before->bytes, q))
      return;
    q.x = before->bytes.x;
  }
}

}  // namespace

bool is_byte(DataType type) noexcept { return type == DataType::kUint8 || type == DataType::kInt8; }

bool is_reversible(float scale) noexcept {
  return std::isnormal(scale) && std::fabs(scale) <= std::numeric_limits<float>::max() / 256;
}

bool is_plain_quantization(const Node& node) noexcept {
  return std::ranges::all_of(node.attributes, [](const Attribute& attribute) {
    return attribute.name == "axis" || attribute.name == "saturate";
  });
}

std::optional<Quantized> quantized(const GraphIndex& index, const std::string& value) {
  std::optional<Quantized> result = quantized_once(index, value);
  if (result) look_through_repetitions(index, *result);
  return result;
}

std::optional<Dequantized> dequantized(const GraphIndex& index, const std::string& value) {
  std::optional<Dequantized> result = dequantized_once(index, value);
  if (result) look_through_repetitions(index, result->bytes);
  return result;
}

std::string first_bytes(const GraphIndex& index, const Node& node) {
  std::string bytes = input_name(node, 0);
  // Without a zero point DequantizeLinear may read INT32, which QuantizeLinear cannot give back.
  if (per_tensor(index, node.outputs[0], "DequantizeLinear") == nullptr ||
      input_name(node, 2).empty())
    return bytes;
  const Quantized steps{"", node.inputs[1], node.inputs[2]};
  if (!is_reversible(*float_scalar(index.constant(steps.scale)))) return bytes;
  for (int i = 0; i < kMaxRepeatedPairs; ++i) {
    const std::optional<Quantized> again = quantized_once(index, bytes);
    if (!again || !same_quantization(index, *again, steps)) break;
    const Node* before = per_tensor(index, again->x, "DequantizeLinear");
    if (before == nullptr || input_name(*before, 2).empty() ||
        !same_quantization(index, {"", before->inputs[1], before->inputs[2]}, steps))
      break;
    bytes = before->inputs[0];
  }
  return bytes;
}

bool same_quantization(const GraphIndex& index, const Quantized& a, const Quantized& b) {
  return same_scale(index, a.scale, b.scale) && same_zero_point(index, a.zero_point, b.zero_point);
}

bool is_rounding(const GraphIndex& index, const Dequantized& pair) {
  return same_scale(index, pair.scale, pair.bytes.scale) &&
         is_reversible(*float_scalar(index.constant(pair.scale)));
}

bool same_zero_point(const GraphIndex& index, const std::string& of_product,
                     const std::string& of_quantize) {
  if (of_product == of_quantize) return true;
  const Tensor* a = index.constant(of_product);
  const Tensor* b = index.constant(of_quantize);
  if (a != nullptr && b != nullptr) return equal_tensors(*a, *b);
  const Tensor* present = a != nullptr ? a : b;
  const bool other_is_missing = a != nullptr ? of_quantize.empty() : of_product.empty();
  return present != nullptr && other_is_missing && present->type() == DataType::kUint8 &&
         is_zero(*present);
}

}  // namespace filigree::loader
