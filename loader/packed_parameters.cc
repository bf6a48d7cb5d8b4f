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
  const float factor = float_values(index, node, scale, 1)[0];
  if (!std::isfinite(factor) || factor <= 0)
    throw FormatError(describe(node) + ": scale " + quoted_name(scale) + " is " +
                      std::to_string(factor) + ", expected a positive number");
  const Tensor* zero = index.constant(zero_point);
  const std::int32_t shift = zero != nullptr && zero->type() == DataType::kInt8 ? 128 : 0;
  return {factor, zero_point_value(index, node, zero_point) + shift};
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
