#include "loader/passes/canonical_quantized.h"

#include <string>

#include "loader/error.h"
#include "loader/passes/bias.h"
#include "loader/passes/quantized_operand.h"
#include "loader/passes/rewrite.h"

namespace filigree::loader {
namespace {

[[noreturn]] void reject(const Node& node, const std::string& what, const std::string& name,
                         const Tensor& found, std::int64_t outputs) {
  throw FormatError(node_text(node) + " (" + node.op_type + "): " + what + " " + quoted_name(name) +
                    " has shape " + shape_text(found.dims()) + ", expected one value or [" +
                    std::to_string(outputs) + "]");
}

void check_per_output(const GraphIndex& index, const Node& node, const std::string& what,
                      const std::string& name, std::int64_t outputs) {
  const Tensor* tensor = index.constant(name);
  if (tensor == nullptr || tensor->size() == 1) return;
  if (tensor->size() != static_cast<std::size_t>(outputs) || tensor->dims().back() != outputs)
    reject(node, what, name, *tensor, outputs);
}

// The chain from MatMulInteger to the multiplication by the scale.
struct Chain {
  const Node* product;   // MatMulInteger
  std::string int_bias;  // "" for none
  std::string rescale;
};

std::optional<Chain> chain_to(const GraphIndex& index, const Node* scaled) {
  if (!is_operator(scaled, "Mul")) return std::nullopt;
  const std::optional<ConstantOperand> operand = constant_operand(index, scaled);
  const Node* cast = operand ? index.producer(operand->variable, "Cast") : nullptr;
  if (cast == nullptr || operand->constant->type() != DataType::kFloat ||
      int_attribute(*cast, "to", 0) != static_cast<std::int64_t>(DataType::kFloat))
    return std::nullopt;
  Chain chain{index.producer(input_name(*cast, 0), "MatMulInteger"), "", operand->constant_name};
  if (chain.product == nullptr) {
    const std::optional<ConstantOperand> sum =
        constant_operand(index, index.producer(input_name(*cast, 0), "Add"));
    if (!sum || sum->constant->type() != DataType::kInt32) return std::nullopt;
    chain.product = index.producer(sum->variable, "MatMulInteger");
    chain.int_bias = sum->constant_name;
  }
  if (chain.product == nullptr || chain.product->inputs.size() < 2) return std::nullopt;
  return chain;
}

std::optional<Node> match_scaled_linear(const GraphIndex& index, const Node* scaled) {
  const std::optional<Chain> chain = chain_to(index, scaled);
  if (!chain) return std::nullopt;
  const Node& product = *chain->product;
  const Tensor* weight = index.constant(product.inputs[1]);
  const std::optional<Quantized> x = quantized(index, product.inputs[0]);
  if (weight == nullptr || !x || !is_byte(weight->type()) || weight->dims().size() != 2 ||
      !same_zero_point(index, input_name(product, 2), x->zero_point))
    return std::nullopt;
  const std::int64_t outputs = weight->dims()[1];
  const std::string weight_zero = input_name(product, 3);
  if (!weight_zero.empty()) {
    const Tensor* zero = index.constant(weight_zero);
    if (zero == nullptr || zero->type() != weight->type()) return std::nullopt;
    check_per_output(index, product, "zero point", weight_zero, outputs);
  }
  check_per_output(index, *scaled, "scale", chain->rescale, outputs);
  if (!chain->int_bias.empty() &&
      !is_bias(product, chain->int_bias, *index.constant(chain->int_bias), outputs))
    return std::nullopt;
  return Node{.op_type = "QuantizedLinear",
              .domain = std::string(kFiligreeDomain),
              .name = product.name,
              .inputs = {x->x, x->scale, x->zero_point, product.inputs[1], weight_zero,
                         chain->int_bias, chain->rescale, ""},
              .outputs = scaled->outputs,
              .attributes = {{"operator", product.op_type}}};
}

std::optional<Node> match_scaled_product(const GraphIndex& index, const Node& last) {
  const std::optional<Chain> chain = chain_to(index, &last);
  if (!chain || !chain->int_bias.empty() || !float_scalar(index.constant(chain->rescale)))
    return std::nullopt;
  const Node& product = *chain->product;
  const std::optional<Quantized> a = quantized(index, product.inputs[0]);
  const std::optional<Quantized> b = quantized(index, product.inputs[1]);
  if (!a || !b || !same_zero_point(index, input_name(product, 2), a->zero_point) ||
      !same_zero_point(index, input_name(product, 3), b->zero_point))
    return std::nullopt;
  return Node{
      .op_type = "QuantizedMatMul",
      .domain = std::string(kFiligreeDomain),
      .name = product.name,
      .inputs = {a->x, a->scale, a->zero_point, b->x, b->scale, b->zero_point, chain->rescale},
      .outputs = last.outputs,
      .attributes = {{"operator", product.op_type}}};
}

std::optional<Node> match_float_bias(const GraphIndex& index, const Node& last) {
  if (!is_operator(&last, "Add")) return std::nullopt;
  const std::optional<ConstantOperand> sum = constant_operand(index, &last);
  if (!sum || sum->constant->type() != DataType::kFloat) return std::nullopt;
  std::optional<Node> linear = match_scaled_linear(index, index.producer(sum->variable));
  if (!linear) return std::nullopt;
  const std::int64_t outputs = index.constant(linear->inputs[3])->dims()[1];
  if (!is_bias(last, sum->constant_name, *sum->constant, outputs)) return std::nullopt;
  linear->inputs[7] = sum->constant_name;
  linear->outputs = last.outputs;
  return linear;
}

}  // namespace

void canonicalize_quantized(Graph& graph) {
  rewrite(graph,
          [](const GraphIndex& index, const Node& last,
             std::map<std::string, Tensor>&) -> std::optional<Node> {
            if (std::optional<Node> linear = match_scaled_linear(index, &last)) return linear;
            if (std::optional<Node> product = match_scaled_product(index, last)) return product;
            return match_float_bias(index, last);
          });
}

}  // namespace filigree::loader
