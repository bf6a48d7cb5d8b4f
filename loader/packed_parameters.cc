#include "loader/packed_parameters.h"

#include <cmath>

#include "loader/error.h"
#include "loader/pattern/mismatch.h"

namespace filigree::loader {
namespace {

const Tensor& constant(const GraphIndex& index, const Node& node, const std::string& name,
                       DataType type) {
  const Tensor* tensor = index.constant(name);
  if (tensor == nullptr) throw Mismatch(node, quoted_name(name), "an initializer");
  if (tensor->type() != type)
    throw FormatError(describe(node) + ": " + quoted_name(name) + " has element type " +
                      std::string(data_type_name(tensor->type())) + ", expected " +
                      std::string(data_type_name(type)));
  return *tensor;
}

float positive_scale(const GraphIndex& index, const Node& node, const std::string& name) {
  const float scale = float_values(index, node, name, 1)[0];
  if (!std::isfinite(scale) || scale <= 0)
    throw FormatError(describe(node) + ": scale " + quoted_name(name) + " is " +
                      std::to_string(scale) + ", expected a positive number");
  return scale;
}

}  // namespace

std::vector<float> float_values(const GraphIndex& index, const Node& node, const std::string& name,
                                std::size_t count) {
  const Tensor& tensor = constant(index, node, name, DataType::kFloat);
  if (tensor.size() != count)
    throw FormatError(describe(node) + ": " + quoted_name(name) + " has shape " +
                      shape_text(tensor.dims()) + ", expected [" + std::to_string(count) + "]");
  const std::span<const float> values = tensor.data<float>();
  return {values.begin(), values.end()};
}

std::vector<float> repeated_values(const GraphIndex& index, const Node& node,
                                   const std::string& name, std::size_t count) {
  const Tensor& tensor = constant(index, node, name, DataType::kFloat);
  if (tensor.size() == 1) return std::vector<float>(count, tensor.data<float>()[0]);
  return float_values(index, node, name, count);
}

kernels::Quantization quantization(const GraphIndex& index, const Node& node,
                                   const std::string& scale, const std::string& zero_point) {
  const float factor = positive_scale(index, node, scale);
  const Tensor* zero = index.constant(zero_point);
  const std::int32_t shift = zero != nullptr && zero->type() == DataType::kInt8 ? 128 : 0;
  return {factor, zero_point_value(index, node, zero_point) + shift};
}

ProductScale product_scale(const GraphIndex& index, const Node& node) {
  constexpr std::size_t kRescale = 6, kScaleA = 7, kScaleB = 8, kScaleY = 9, kZeroY = 10;
  const std::vector<std::string>& in = node.inputs;
  if (in.size() == kScaleA) return {float_values(index, node, in[kRescale], 1)[0]};
  const float a = positive_scale(index, node, in[kScaleA]);
  const float b = positive_scale(index, node, in[kScaleB]);
  const kernels::Quantization y = quantization(index, node, in[kScaleY], in[kZeroY]);
  const float factor = a * b / y.scale;
  if (!std::isfinite(factor) || factor <= 0)
    throw FormatError(describe(node) + ": scales " + quoted_name(in[kScaleA]) + ", " +
                      quoted_name(in[kScaleB]) + " and " + quoted_name(in[kScaleY]) + " give " +
                      std::to_string(factor) + " for the sums, expected a positive number");
  return {positive_scale(index, node, in[kRescale]), kernels::Requantization{factor, y.zero_point}};
}

std::int32_t zero_point_value(const GraphIndex& index, const Node& node, const std::string& name) {
  if (name.empty()) return 0;
  const Tensor* zero = index.constant(name);
  if (zero == nullptr || zero->size() != 1 ||
      (zero->type() != DataType::kUint8 && zero->type() != DataType::kInt8))
    throw Mismatch(node, "zero point " + quoted_name(name), "one constant of type UINT8 or INT8");
  return zero->type() == DataType::kUint8 ? zero->data<std::uint8_t>()[0]
                                          : zero->data<std::int8_t>()[0];
}

LayerNorm layer_norm(const GraphIndex& index, const Node& node, std::size_t width) {
  const std::int64_t axis = int_attribute(node, "axis", -1);
  if (axis != -1 && axis != 2) throw Mismatch(node, "axis " + std::to_string(axis), "axis -1");
  LayerNorm norm;
  norm.gamma = float_values(index, node, input_name(node, 1), width);
  norm.beta = float_values(index, node, input_name(node, 2), width);
  norm.eps = float_attribute(node, "epsilon", 1e-5F);
  if (!std::isfinite(norm.eps) || norm.eps < 0)
    throw FormatError(describe(node) + ": epsilon is " + std::to_string(norm.eps) +
                      ", expected a number that is not negative");
  return norm;
}

}  // namespace filigree::loader
