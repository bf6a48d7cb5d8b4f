#include "tools/model_maker/quantizer.h"

#include <algorithm>
#include <cmath>
#include <set>
#include <span>
#include <utility>

#include "tools/model_maker/quantized_nodes.h"

namespace filigree::tools {
namespace {

using loader::DataType;
using loader::Graph;
using loader::Node;
using loader::Tensor;

bool is_linear(const FloatModel& model, const Node& node) {
  return node.op_type == "MatMul" && model.linear_weights.contains(node.inputs[1]);
}

bool is_head(const FloatModel& model, const Node& node) {
  return (node.op_type == "MatMul" || node.op_type == "Gemm") &&
         model.head_weights.contains(node.inputs[1]);
}

bool is_product(const FloatModel& model, const Node& node) {
  return node.op_type == "MatMul" && !model.graph.initializers.contains(node.inputs[1]) &&
         !model.float_products.contains(node.outputs[0]);
}

bool moves_elements(const Node& node) {
  return node.op_type == "Transpose" || node.op_type == "Reshape";
}

Tensor transposed(const Tensor& matrix) {
  const std::int64_t rows = matrix.dims()[0], cols = matrix.dims()[1];
  Tensor result(DataType::kFloat, {cols, rows});
  const std::span<float> to = result.mutable_data<float>();
  for (std::int64_t row = 0; row < rows; ++row)
    for (std::int64_t col = 0; col < cols; ++col)
      to[col * rows + row] = matrix.data<float>()[row * cols + col];
  return result;
}

// x W + b, whatever nodes said so.
struct LinearParts {
  std::string x, weight, bias;  // bias "": none
  std::string product;          // what x W is called
  std::string output;
};

class Quantizer {
 public:
  Quantizer(FloatModel model, const Ranges& ranges, const QuantizedForm& form)
      : model_(std::move(model)),
        ranges_(ranges),
        form_(form),
        nodes_(model_.graph, ranges, form.scalars) {}

  Graph run() && {
    old_ = std::exchange(model_.graph.nodes, {});
    for (const Node& node : old_)
      if (node.op_type == "Softmax") nodes_.add_probabilities(node.outputs[0]);
    for (at_ = 0; at_ < old_.size(); ++at_)
      if (!added_.contains(&old_[at_])) rewrite(old_[at_]);
    drop_unread_biases();
    return std::move(model_.graph);
  }

 private:
  using Bytes = QuantizedNodes::Bytes;

  void rewrite(const Node& node) {
    if (is_linear(model_, node)) {
      linear(parts(node));
    } else if (form_.head != QuantizedForm::Head::kFloat && is_head(model_, node)) {
      const LinearParts head = parts(node);
      form_.head == QuantizedForm::Head::kQlinear ? qlinear_head(head) : linear(head);
    } else if (form_.product != QuantizedForm::Product::kFloat && is_product(model_, node)) {
      product(node);
    } else if (node.op_type == "Gather" && model_.tables.contains(node.inputs[0])) {
      table_rows(node);
    } else {
      copy(node);
    }
  }

  // The addition of a bias to `product`, when that is all that reads it.
  const Node* bias_sum(const std::string& product) const {
    const Node* sum = nullptr;
    for (const Node& node : old_)
      for (const std::string& input : node.inputs) {
        if (input != product) continue;
        if (sum != nullptr || node.op_type != "Add" || node.inputs.size() != 2) return nullptr;
        sum = &node;
      }
    if (sum == nullptr || !model_.graph.initializers.contains(bias_of(*sum, product)))
      return nullptr;
    return sum;
  }

  static const std::string& bias_of(const Node& sum, const std::string& product) {
    return sum.inputs[sum.inputs[0] == product ? 1 : 0];
  }

  LinearParts parts(const Node& node) {
    if (node.op_type == "MatMul") {
      const std::string& product = node.outputs[0];
      const Node* sum = bias_sum(product);
      if (sum == nullptr) return {node.inputs[0], node.inputs[1], "", product, product};
      added_.insert(sum);
      return {node.inputs[0], node.inputs[1], bias_of(*sum, product), product, sum->outputs[0]};
    }
    Tensor& weight = model_.graph.initializers.at(node.inputs[1]);
    if (loader::int_attribute(node, "transB", 0) != 0) weight = transposed(weight);
    return {node.inputs[0], node.inputs[1], node.inputs.size() > 2 ? node.inputs[2] : "",
            node.outputs[0] + "_product", node.outputs[0]};
  }

  // Several layers may have had one bias.
  void drop_unread_biases() {
    for (const Node& node : model_.graph.nodes)
      for (const std::string& input : node.inputs) integer_biases_.erase(input);
    for (const std::string& name : integer_biases_) model_.graph.initializers.erase(name);
  }

  Bytes store_weight(const std::string& name) {
    return nodes_.store(name, symmetric_bytes(model_.graph.initializers.at(name), form_.weights));
  }

  void linear(const LinearParts& l) {
    switch (form_.linear) {
      case QuantizedForm::Linear::kInteger:
        return integer_linear(l);
      case QuantizedForm::Linear::kQdq:
        return qdq_linear(l);
      case QuantizedForm::Linear::kDynamic:
        return dynamic_linear(l);
    }
  }

  void integer_linear(const LinearParts& l) {
    const Bytes& x = nodes_.quantize(l.x);
    const Bytes weight = store_weight(l.weight);
    const float scale = x.factor * weight.factor;
    const std::string rescale = nodes_.number(l.weight + "_rescale", scale);
    std::string sums =
        nodes_.emit("MatMulInteger", {x.bytes, weight.bytes, x.zero_point, weight.zero_point},
                    l.product + "_int");
    model_.graph.initializers.erase(weight.scale);  // inside the rescale
    if (form_.bias == QuantizedForm::Bias::kFloatAfterScale) {
      const std::string cast = nodes_.to_float(sums, l.output + "_cast");
      nodes_.emit("Add", {nodes_.emit("Mul", {cast, rescale}, l.output + "_scaled"), l.bias},
                  l.output);
      return;
    }
    if (!l.bias.empty())
      sums = nodes_.emit("Add", {sums, integer_bias(l, scale)}, l.output + "_int");
    nodes_.emit("Mul", {nodes_.to_float(sums, l.output + "_cast"), rescale}, l.output);
  }

  std::string integer_bias(const LinearParts& l, float scale) {
    const Tensor bias = model_.graph.initializers.at(l.bias);
    Tensor rounded(DataType::kInt32, bias.dims());
    std::ranges::transform(
        bias.data<float>(), rounded.mutable_data<std::int32_t>().begin(),
        [=](float b) { return static_cast<std::int32_t>(std::nearbyint(b / scale)); });
    const bool first = integer_biases_.insert(l.bias).second;
    return nodes_.constant((first ? l.bias : l.output + "_bias") + "_quantized",
                           std::move(rounded));
  }

  void qdq_linear(const LinearParts& l) {
    const std::string x = nodes_.fake_quantize(l.x);
    const std::string weight = nodes_.dequantize(store_weight(l.weight), l.weight);
    nodes_.emit("Add", {nodes_.emit("MatMul", {x, weight}, l.product), l.bias}, l.output);
  }

  void dynamic_linear(const LinearParts& l) {
    const std::string name = l.x + "_dynamic";
    if (dynamic_.insert(l.x).second) {
      nodes_.emit("DynamicQuantizeLinear", {l.x}, name);
      model_.graph.nodes.back().outputs = {name, name + "_scale", name + "_zero_point"};
    }
    const Bytes weight = store_weight(l.weight);
    const std::string sums =
        nodes_.emit("MatMulInteger", {name, weight.bytes, name + "_zero_point", weight.zero_point},
                    l.product + "_int");
    const std::string cast = nodes_.to_float(sums, l.output + "_cast");
    const std::string rescale =
        nodes_.emit("Mul", {name + "_scale", weight.scale}, l.output + "_rescale");
    nodes_.emit("Add", {nodes_.emit("Mul", {cast, rescale}, l.output + "_scaled"), l.bias},
                l.output);
  }

  std::string qlinear(const Bytes& a, const Bytes& b, const Bytes& y, const std::string& name) {
    return nodes_.emit(
        "QLinearMatMul",
        {a.bytes, a.scale, a.zero_point, b.bytes, b.scale, b.zero_point, y.scale, y.zero_point},
        name);
  }

  void qlinear_head(const LinearParts& l) {
    Range range = ranges_.at(l.output);  // of x W + b; that of x W is at most a bias away
    for (const float b : model_.graph.initializers.at(l.bias).data<float>()) {
      range.low = std::min(range.low, ranges_.at(l.output).low - b);
      range.high = std::max(range.high, ranges_.at(l.output).high - b);
    }
    const Bytes x = nodes_.quantize(l.x);
    Bytes y = nodes_.scale_for(l.product, range);
    y.bytes = qlinear(x, store_weight(l.weight), y, l.product + "_quantized");
    nodes_.emit("Add", {nodes_.dequantize(y, l.product), l.bias}, l.output);
  }

  void product(const Node& node) {
    const std::string& output = node.outputs[0];
    if (form_.product == QuantizedForm::Product::kQdq) {
      nodes_.emit("MatMul",
                  {nodes_.fake_quantize(node.inputs[0]), nodes_.fake_quantize(node.inputs[1])},
                  output);
      return;
    }
    const Bytes& a = nodes_.quantize(node.inputs[0]);
    const Bytes& b = nodes_.quantize(node.inputs[1]);
    if (form_.product == QuantizedForm::Product::kQlinear) return qlinear_product(output, a, b);
    const std::string sums = nodes_.emit(
        "MatMulInteger", {a.bytes, b.bytes, a.zero_point, b.zero_point}, output + "_int");
    nodes_.emit("Mul",
                {nodes_.to_float(sums, output + "_cast"),
                 nodes_.number(output + "_rescale", a.factor * b.factor)},
                output);
  }

  // What moves elements around moves bytes.
  void qlinear_product(const std::string& output, const Bytes& a, const Bytes& b) {
    Bytes y = nodes_.scale_for(output, ranges_.at(output));
    y.bytes = qlinear(a, b, y, output + "_quantized");
    std::string moved = output;
    while (at_ + 1 < old_.size() && moves_elements(old_[at_ + 1])) {
      Node node = old_[++at_];
      moved = node.outputs[0];
      node.inputs[0] = y.bytes;
      node.outputs[0] = moved + "_bytes";
      y.bytes = node.outputs[0];
      model_.graph.nodes.push_back(std::move(node));
    }
    nodes_.dequantize(y, moved);
  }

  void table_rows(const Node& gather) {
    const std::string& output = gather.outputs[0];
    const std::string& table = gather.inputs[0];
    Bytes rows = nodes_.store(table, asymmetric_bytes(model_.graph.initializers.at(table)));
    if (form_.linear == QuantizedForm::Linear::kQdq) {
      nodes_.dequantize(rows, table);
      model_.graph.nodes.push_back(gather);
      return;
    }
    rows.bytes = nodes_.emit("Gather", {rows.bytes, gather.inputs[1]}, output + "_quantized",
                             gather.attributes);
    nodes_.dequantize(rows, output);
  }

  void copy(Node node) {
    if (form_.leftover == QuantizedForm::Leftover::kPairs)
      for (std::string& input : node.inputs)
        if (model_.branch_outputs.contains(input)) input = nodes_.fake_quantize(input);
    model_.graph.nodes.push_back(std::move(node));
  }

  FloatModel model_;
  const Ranges& ranges_;
  const QuantizedForm& form_;
  QuantizedNodes nodes_;
  std::vector<Node> old_;
  std::size_t at_ = 0;  // in old_
  std::set<std::string> dynamic_;
  std::set<const Node*> added_;           // of old_: biases that their linear layer has taken in
  std::set<std::string> integer_biases_;  // initializers that became int32
};

}  // namespace

QuantizedForm form_of(Precision precision) {
  using Form = QuantizedForm;
  switch (precision) {
    case Precision::kInt8FloatBias:
      return {.bias = Form::Bias::kFloatAfterScale};
    case Precision::kInt8Signed:
      return {.weights = ByteSign::kSigned};
    case Precision::kInt8Qlinear:
      return {.product = Form::Product::kQlinear, .head = Form::Head::kQlinear};
    case Precision::kInt8Head:
      return {.head = Form::Head::kAsLinear};
    case Precision::kInt8Leftover:
      return {.leftover = Form::Leftover::kPairs, .scalars = Form::Scalars::kOneElement};
    case Precision::kQdq:
      return {.linear = Form::Linear::kQdq,
              .bias = Form::Bias::kFloatAfterScale,
              .product = Form::Product::kQdq,
              .head = Form::Head::kAsLinear,
              .weights = ByteSign::kSigned};
    case Precision::kDynamic:
      return {.linear = Form::Linear::kDynamic,
              .bias = Form::Bias::kFloatAfterScale,
              .product = Form::Product::kFloat,
              .head = Form::Head::kAsLinear,
              .weights = ByteSign::kSigned};
    case Precision::kInt8:
    case Precision::kFloat32:
    case Precision::kFloat16:
      break;
  }
  return {};
}

std::vector<std::string> observed_values(const FloatModel& model, const QuantizedForm& form) {
  std::vector<std::string> names;
  std::set<std::string> seen;
  const auto add = [&](const std::string& name) {
    if (seen.insert(name).second) names.push_back(name);
  };
  if (form.linear == QuantizedForm::Linear::kDynamic) return names;
  for (std::size_t i = 0; i < model.graph.nodes.size(); ++i) {
    const Node& node = model.graph.nodes[i];
    const bool product = is_product(model, node), head = is_head(model, node);
    if (model.branch_outputs.contains(node.outputs[0])) add(node.outputs[0]);
    if (is_linear(model, node) || product || head) add(node.inputs[0]);
    if (product) {
      add(node.inputs[1]);
      add(node.outputs[0]);
    }
    if (head) add(node.op_type == "Gemm" ? node.outputs[0] : model.graph.nodes[i + 1].outputs[0]);
  }
  return names;
}

Graph quantized(FloatModel model, const Ranges& ranges, const QuantizedForm& form) {
  return Quantizer(std::move(model), ranges, form).run();
}

}  // namespace filigree::tools
