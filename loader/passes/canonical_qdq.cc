#include "loader/passes/canonical_qdq.h"

#include <algorithm>
#include <string>
#include <utility>

#include "loader/passes/bias.h"
#include "loader/passes/quantized_operand.h"
#include "loader/passes/rewrite.h"
#include "loader/passes/transposed.h"

namespace filigree::loader {
namespace {

using Added = std::map<std::string, Tensor>;

constexpr int kMaxTransposes = 4;

// A constant matrix behind DequantizeLinear.
struct Weight {
  std::string name, scale, zero_point;  // zero_point "" for none
  const Tensor* bytes;
  bool is_turned;  // [outputs, inputs]

  std::int64_t outputs() const { return bytes->dims()[is_turned ? 0 : 1]; }
};

bool is_zero_point_for(const GraphIndex& index, const std::string& name, const Tensor& bytes,
                       const Tensor& scale) {
  if (name.empty()) return true;
  const Tensor* zero = index.constant(name);
  return zero != nullptr && zero->type() == bytes.type() && zero->size() == scale.size();
}

// One scale, or one for each output and along no other axis.
bool is_scale_for(const Node& dequantize, const Tensor& scale, const Weight& weight) {
  if (scale.type() != DataType::kFloat) return false;
  if (scale.size() == 1) return true;
  const std::int64_t axis = int_attribute(dequantize, "axis", 1);
  return (axis < 0 ? axis + 2 : axis) == (weight.is_turned ? 0 : 1) &&
         scale.dims() == Dims{weight.outputs()};
}

std::optional<Weight> weight_behind(const GraphIndex& index, const std::string& value,
                                    bool is_turned) {
  const Node* node = index.producer(value);
  for (int i = 0; i < kMaxTransposes && is_operator(node, "Transpose"); ++i) {
    if (ints_attribute(*node, "perm", {1, 0}) != Dims{1, 0}) return std::nullopt;
    is_turned = !is_turned;
    node = index.producer(input_name(*node, 0));
  }
  if (!is_operator(node, "DequantizeLinear") || !is_plain_quantization(*node)) return std::nullopt;
  const Weight weight{input_name(*node, 0), input_name(*node, 1), input_name(*node, 2),
                      index.constant(input_name(*node, 0)), is_turned};
  const Tensor* scale = index.constant(weight.scale);
  if (weight.bytes == nullptr || !is_byte(weight.bytes->type()) ||
      weight.bytes->dims().size() != 2 || scale == nullptr ||
      !is_scale_for(*node, *scale, weight) ||
      !is_zero_point_for(index, weight.zero_point, *weight.bytes, *scale))
    return std::nullopt;
  return weight;
}

std::string add(const GraphIndex& index, Added& added, std::string name, Tensor tensor) {
  name = unused_name(index, std::move(name));
  while (added.contains(name)) name = unused_name(index, name + "_");
  added.emplace(name, std::move(tensor));
  return name;
}

// The scale of a product of integers.
std::string add_rescale(const GraphIndex& index, Added& added, const Node& last,
                        const std::string& x_scale, const std::string& other_scale) {
  const Tensor& scales = *index.constant(other_scale);
  const float factor = *float_scalar(index.constant(x_scale));
  Tensor rescale(DataType::kFloat, scales.dims());
  std::ranges::transform(scales.data<float>(), rescale.mutable_data<float>().begin(),
                         [=](float scale) { return factor * scale; });
  return add(index, added, last.outputs[0] + "/rescale", std::move(rescale));
}

struct Product {
  const Node* node;  // MatMul or Gemm
  Dequantized x;
  Weight weight;
  std::optional<Quantized> rounding = {};  // of the product, before a bias is added
};

std::optional<Product> product_by_weight(const GraphIndex& index, const Node* node,
                                         bool is_turned = false) {
  if (node == nullptr || node->inputs.size() < 2) return std::nullopt;
  std::optional<Dequantized> x = dequantized(index, node->inputs[0]);
  std::optional<Weight> weight = weight_behind(index, node->inputs[1], is_turned);
  if (!x || !weight) return std::nullopt;
  return Product{node, std::move(*x), std::move(*weight)};
}

Node linear_node(const GraphIndex& index, const Node& last, const Product& product,
                 const std::string& bias, Added& added) {
  const Weight& weight = product.weight;
  const Quantized& x = product.x.bytes;
  const std::string rescale = add_rescale(index, added, last, product.x.scale, weight.scale);
  const std::string matrix =
      weight.is_turned ? add(index, added, last.outputs[0] + "/" + weight.name + "/transposed",
                             transposed(*weight.bytes))
                       : weight.name;
  Node node{.op_type = "QuantizedLinear",
            .domain = std::string(kFiligreeDomain),
            .name = product.node->name,
            .inputs = {x.x, x.scale, x.zero_point, matrix, weight.zero_point, "", rescale, bias},
            .outputs = last.outputs,
            .attributes = {{"operator", product.node->op_type}, {"weight", weight.name}}};
  if (product.rounding)
    node.inputs.insert(node.inputs.end(), {product.rounding->scale, product.rounding->zero_point});
  return node;
}

std::optional<Product> plain_matmul(const GraphIndex& index, const Node* node) {
  if (!is_operator(node, "MatMul") || node->inputs.size() != 2) return std::nullopt;
  return product_by_weight(index, node);
}

// `node` is a MatMul, or the DequantizeLinear of a pair behind one.
std::optional<Product> matmul_by_weight(const GraphIndex& index, const Node* node) {
  if (!is_operator(node, "DequantizeLinear")) return plain_matmul(index, node);
  std::optional<Dequantized> pair = dequantized(index, node->outputs[0]);
  if (!pair || !is_rounding(index, *pair)) return std::nullopt;
  std::optional<Product> product = plain_matmul(index, index.producer(pair->bytes.x));
  if (product) product->rounding = std::move(pair->bytes);
  return product;
}

std::optional<Node> match_biased(const GraphIndex& index, const Node& last, Added& added) {
  if (!is_operator(&last, "Add")) return std::nullopt;
  const std::optional<ConstantOperand> sum = constant_operand(index, &last);
  if (!sum || sum->constant->type() != DataType::kFloat) return std::nullopt;
  const std::optional<Product> product = matmul_by_weight(index, index.producer(sum->variable));
  if (!product || !is_bias(last, sum->constant_name, *sum->constant, product->weight.outputs()))
    return std::nullopt;
  return linear_node(index, last, *product, sum->constant_name, added);
}

std::optional<Node> match_qdq_gemm(const GraphIndex& index, const Node& last, Added& added) {
  if (!is_operator(&last, "Gemm") || int_attribute(last, "transA", 0) != 0 ||
      float_attribute(last, "alpha", 1) != 1 || float_attribute(last, "beta", 1) != 1)
    return std::nullopt;
  const std::optional<Product> product =
      product_by_weight(index, &last, int_attribute(last, "transB", 0) != 0);
  if (!product) return std::nullopt;
  const std::string& bias = input_name(last, 2);
  if (!bias.empty()) {
    const Tensor* constant = index.constant(bias);
    if (constant == nullptr || constant->type() != DataType::kFloat ||
        !is_bias(last, bias, *constant, product->weight.outputs()))
      return std::nullopt;
  }
  return linear_node(index, last, *product, bias, added);
}

// `rounding` is a pair behind the product, whose result `last` gives.
Node product_node(const Node& last, const Node& product, const Dequantized& a, const Dequantized& b,
                  const std::string& rescale, const Quantized* rounding) {
  Node node{.op_type = "QuantizedMatMul",
            .domain = std::string(kFiligreeDomain),
            .name = product.name,
            .inputs = {a.bytes.x, a.bytes.scale, a.bytes.zero_point, b.bytes.x, b.bytes.scale,
                       b.bytes.zero_point, rescale},
            .outputs = last.outputs,
            .attributes = {{"operator", product.op_type}}};
  if (rounding != nullptr)
    node.inputs.insert(node.inputs.end(),
                       {a.scale, b.scale, rounding->scale, rounding->zero_point});
  return node;
}

// `last` is a MatMul of two activations, or the DequantizeLinear of a pair behind one.
std::optional<Node> match_activations(const GraphIndex& index, const Node& last, Added& added) {
  std::optional<Dequantized> pair;
  const Node* product = &last;
  if (is_operator(&last, "DequantizeLinear")) {
    pair = dequantized(index, last.outputs[0]);
    product = pair ? index.producer(pair->bytes.x) : nullptr;
  }
  if (!is_operator(product, "MatMul") || product->inputs.size() != 2) return std::nullopt;
  const std::optional<Dequantized> a = dequantized(index, product->inputs[0]);
  const std::optional<Dequantized> b = dequantized(index, product->inputs[1]);
  if (!a || !b) return std::nullopt;
  return pair ? product_node(last, *product, *a, *b, pair->scale, &pair->bytes)
              : product_node(last, *product, *a, *b,
                             add_rescale(index, added, last, a->scale, b->scale), nullptr);
}

// A pair that changes nothing, because its input comes from a DequantizeLinear like its own.
std::optional<Node> match_repeated(const GraphIndex& index, const Node& last) {
  if (!is_operator(&last, "DequantizeLinear")) return std::nullopt;
  std::string bytes = first_bytes(index, last);
  if (bytes == input_name(last, 0)) return std::nullopt;
  Node node = last;
  node.inputs[0] = std::move(bytes);
  return node;
}

}  // namespace

void canonicalize_qdq(Graph& graph) {
  rewrite(graph,
          [](const GraphIndex& index, const Node& last, Added& added) -> std::optional<Node> {
            if (const std::optional<Product> product = matmul_by_weight(index, &last))
              return linear_node(index, last, *product, "", added);
            if (std::optional<Node> linear = match_biased(index, last, added)) return linear;
            if (std::optional<Node> linear = match_qdq_gemm(index, last, added)) return linear;
            if (std::optional<Node> node = match_repeated(index, last)) return node;
            return match_activations(index, last, added);
          });
}

}  // namespace filigree::loader
