#include "tools/model_maker/quantized_nodes.h"

#include <stdexcept>
#include <utility>

namespace filigree::tools {

using loader::DataType;
using loader::Tensor;

std::string QuantizedNodes::emit(const std::string& op, std::vector<std::string> inputs,
                                 const std::string& output,
                                 std::vector<loader::Attribute> attributes) {
  graph_.nodes.push_back({.op_type = op,
                          .domain = "",
                          .name = output + "/" + op,
                          .inputs = std::move(inputs),
                          .outputs = {output},
                          .attributes = std::move(attributes)});
  return output;
}

std::string QuantizedNodes::constant(const std::string& name, Tensor value) {
  if (!graph_.initializers.emplace(name, std::move(value)).second)
    throw std::invalid_argument("the graph has an initializer '" + name +
                                "', which quantising would add");
  return name;
}

std::string QuantizedNodes::to_float(const std::string& sums, const std::string& name) {
  return emit("Cast", {sums}, name, {{"to", static_cast<std::int64_t>(DataType::kFloat)}});
}

Tensor QuantizedNodes::shaped(Tensor scalar) const {
  return scalars_ == QuantizedForm::Scalars::kOneElement ? scalar.reshaped({1}) : scalar;
}

std::string QuantizedNodes::number(const std::string& name, float value) {
  return constant(name, shaped(Tensor::scalar(value)));
}

QuantizedNodes::Bytes QuantizedNodes::scale_for(const std::string& name, const Range& range) {
  const ByteScale scale = activation_scale(range);
  return {"", number(name + "_scale", scale.scale),
          constant(name + "_zero_point", shaped(Tensor::scalar(scale.zero_point))), scale.scale};
}

const QuantizedNodes::Bytes& QuantizedNodes::quantize(const std::string& value) {
  const auto [entry, fresh] = quantized_.try_emplace(value);
  if (!fresh) return entry->second;
  Bytes bytes =
      scale_for(value, probabilities_.contains(value) ? probability_range() : ranges_.at(value));
  bytes.bytes =
      emit("QuantizeLinear", {value, bytes.scale, bytes.zero_point}, value + "_quantized");
  return entry->second = std::move(bytes);
}

std::string QuantizedNodes::dequantize(const Bytes& bytes, const std::string& output) {
  return emit("DequantizeLinear", {bytes.bytes, bytes.scale, bytes.zero_point}, output);
}

std::string QuantizedNodes::fake_quantize(const std::string& value) {
  const auto [entry, fresh] = dequantized_.try_emplace(value);
  if (fresh) entry->second = dequantize(quantize(value), value + "_dequantized");
  return entry->second;
}

QuantizedNodes::Bytes QuantizedNodes::store(const std::string& name, ByteTensor tensor) {
  graph_.initializers.erase(name);
  return {constant(name + "_quantized", std::move(tensor.bytes)),
          number(name + "_scale", tensor.scale),
          constant(name + "_zero_point", shaped(std::move(tensor.zero_point))), tensor.scale};
}

}  // namespace filigree::tools
