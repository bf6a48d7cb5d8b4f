#include "tools/model_maker/quantizer.h"

#include <cmath>
#include <set>
#include <span>
#include <utility>

#include "tools/model_maker/eight_bits.h"

namespace filigree::tools {
namespace {

using loader::DataType;
using loader::Graph;
using loader::Node;
using loader::Tensor;

bool is_linear(const FloatModel& model, const Node& node) {
  return node.op_type == "MatMul" && model.linear_weights.contains(node.inputs[1]);
}

bool is_activation_product(const FloatModel& model, const Node& node) {
  return node.op_type == "MatMul" && !model.graph.initializers.contains(node.inputs[1]);
}

class Quantizer {
 public:
  Quantizer(FloatModel model, const Ranges& ranges, const QuantizedForm& form)
      : model_(std::move(model)), ranges_(ranges), form_(form) {}

  Graph run() && {
    const std::vector<Node> nodes = std::exchange(model_.graph.nodes, {});
    for (const Node& node : nodes)
      if (node.op_type == "Softmax") probabilities_.insert(node.outputs[0]);
    for (std::size_t i = 0; i < nodes.size(); ++i) {
      const Node& node = nodes[i];
      if (is_linear(model_, node))
        linear(node, nodes[++i]);  // make_float_model() adds the bias right after the product
      else if (is_activation_product(model_, node))
        product(node);
      else if (node.op_type == "Gather" && model_.tables.contains(node.inputs[0]))
        table_rows(node);
      else
        model_.graph.nodes.push_back(node);
    }
    return std::move(model_.graph);
  }

 private:
  std::string emit(const std::string& op, std::vector<std::string> inputs,
                   const std::string& output, std::vector<loader::Attribute> attributes = {}) {
    model_.graph.nodes.push_back({.op_type = op,
                                  .domain = "",
                                  .name = output + "/" + op,
                                  .inputs = std::move(inputs),
                                  .outputs = {output},
                                  .attributes = std::move(attributes)});
    return output;
  }

  std::string constant(const std::string& name, Tensor value) {
    model_.graph.initializers.insert_or_assign(name, std::move(value));
    return name;
  }

  std::string to_float(const std::string& sums, const std::string& name) {
    return emit("Cast", {sums}, name, {{"to", static_cast<std::int64_t>(DataType::kFloat)}});
  }

  // A value in eight bits; quantised once, however many read it.
  struct Operand {
    std::string bytes, zero_point;
    float scale = 1;
  };

  const Operand& operand(const std::string& value) {
    const auto [entry, fresh] = operands_.try_emplace(value);
    if (!fresh) return entry->second;
    // Probabilities of a sequence shorter than the samples come up to 1.
    const ByteScale scale = activation_scale(probabilities_.contains(value) ? Range{0, 1 / 1.0625F}
                                                                            : ranges_.at(value));
    const std::string scale_name = constant(value + "_scale", Tensor::scalar(scale.scale));
    const std::string zero_name = constant(value + "_zero_point", Tensor::scalar(scale.zero_point));
    entry->second = {emit("QuantizeLinear", {value, scale_name, zero_name}, value + "_quantized"),
                     zero_name, scale.scale};
    return entry->second;
  }

  // Replaces a float initializer by bytes and their zero point, and returns its scale.
  float store(const std::string& name, ByteTensor tensor) {
    model_.graph.initializers.erase(name);
    constant(name + "_quantized", std::move(tensor.bytes));
    constant(name + "_zero_point", Tensor::scalar(tensor.zero_point));
    return tensor.scale;
  }

  // Consumes the float bias, sum after product: x W + b.
  void linear(const Node& product, const Node& sum) {
    const Operand& x = operand(product.inputs[0]);
    const std::string& weight = product.inputs[1];
    const std::string& bias = sum.inputs[1];
    const float scale =
        x.scale * store(weight, symmetric_bytes(model_.graph.initializers.at(weight)));
    const std::string rescale = constant(weight + "_rescale", Tensor::scalar(scale));
    const std::string sums = emit(
        "MatMulInteger", {x.bytes, weight + "_quantized", x.zero_point, weight + "_zero_point"},
        product.outputs[0] + "_int");
    const std::string& output = sum.outputs[0];
    if (form_.bias == QuantizedForm::Bias::kFloatAfterScale) {
      const std::string scaled =
          emit("Mul", {to_float(sums, output + "_cast"), rescale}, output + "_scaled");
      emit("Add", {scaled, bias}, output);
      return;
    }
    integer_bias(bias, scale);
    const std::string biased = emit("Add", {sums, bias + "_quantized"}, output + "_int");
    emit("Mul", {to_float(biased, output + "_cast"), rescale}, output);
  }

  void integer_bias(const std::string& name, float scale) {
    const Tensor& bias = model_.graph.initializers.at(name);
    Tensor rounded(DataType::kInt32, bias.dims());
    const std::span<std::int32_t> out = rounded.mutable_data<std::int32_t>();
    for (std::size_t i = 0; i < out.size(); ++i)
      out[i] = static_cast<std::int32_t>(std::nearbyint(bias.data<float>()[i] / scale));
    model_.graph.initializers.erase(name);
    constant(name + "_quantized", std::move(rounded));
  }

  void product(const Node& node) {
    const Operand& a = operand(node.inputs[0]);
    const Operand& b = operand(node.inputs[1]);
    const std::string& output = node.outputs[0];
    const std::string sums =
        emit("MatMulInteger", {a.bytes, b.bytes, a.zero_point, b.zero_point}, output + "_int");
    emit("Mul",
         {to_float(sums, output + "_cast"),
          constant(output + "_rescale", Tensor::scalar(a.scale * b.scale))},
         output);
  }

  void table_rows(const Node& gather) {
    const std::string& table = gather.inputs[0];
    const std::string& output = gather.outputs[0];
    const float scale = store(table, asymmetric_bytes(model_.graph.initializers.at(table)));
    const std::string rows = emit("Gather", {table + "_quantized", gather.inputs[1]},
                                  output + "_quantized", gather.attributes);
    emit("DequantizeLinear",
         {rows, constant(table + "_scale", Tensor::scalar(scale)), table + "_zero_point"}, output);
  }

  FloatModel model_;
  const Ranges& ranges_;
  const QuantizedForm& form_;
  std::map<std::string, Operand> operands_;
  std::set<std::string> probabilities_;
};

}  // namespace

std::vector<std::string> quantized_values(const FloatModel& model) {
  std::vector<std::string> names;
  std::set<std::string> seen;
  const auto add = [&](const std::string& name) {
    if (seen.insert(name).second) names.push_back(name);
  };
  for (const Node& node : model.graph.nodes) {
    if (is_linear(model, node) || is_activation_product(model, node)) add(node.inputs[0]);
    if (is_activation_product(model, node)) add(node.inputs[1]);
  }
  return names;
}

Graph quantized(FloatModel model, const Ranges& ranges, const QuantizedForm& form) {
  return Quantizer(std::move(model), ranges, form).run();
}

}  // namespace filigree::tools
