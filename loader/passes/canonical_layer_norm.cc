#include "loader/passes/canonical_layer_norm.h"

#include <string>

#include "loader/passes/rewrite.h"

namespace filigree::loader {
namespace {

// Mean over the last axis that keeps it, with the axes as an attribute (before opset 18) or as an
// input.
bool is_last_axis_mean(const GraphIndex& index, const Node* node) {
  if (!is_operator(node, "ReduceMean") || node->inputs.empty()) return false;
  if (int_attribute(*node, "keepdims", 1) != 1) return false;
  if (node->inputs.size() < 2 || node->inputs[1].empty())
    return ints_attribute(*node, "axes", {}) == std::vector<std::int64_t>{-1};
  const Tensor* axes = index.constant(node->inputs[1]);
  return axes != nullptr && axes->type() == DataType::kInt64 && axes->size() == 1 &&
         axes->data<std::int64_t>()[0] == -1;
}

// x when `value` is x - mean(x), else nullptr.
const std::string* centered_input(const GraphIndex& index, const std::string& value) {
  const Node* difference = index.producer(value, "Sub");
  if (difference == nullptr || difference->inputs.size() != 2) return nullptr;
  const Node* mean = index.producer(difference->inputs[1]);
  if (!is_last_axis_mean(index, mean) || mean->inputs[0] != difference->inputs[0]) return nullptr;
  return &difference->inputs[0];
}

// y when `value` is y * y, else nullptr.
const std::string* squared_input(const GraphIndex& index, const std::string& value) {
  const Node* node = index.producer(value);
  if (node == nullptr || node->inputs.size() != 2) return nullptr;
  if (is_operator(node, "Mul"))
    return node->inputs[0] == node->inputs[1] ? &node->inputs[0] : nullptr;
  if (!is_operator(node, "Pow") || float_scalar(index.constant(node->inputs[1])) != 2.0F)
    return nullptr;
  return &node->inputs[0];
}

// variance + epsilon when `value` is its inverse square root, else nullptr.
const std::string* inverse_root_input(const GraphIndex& index, const std::string& value) {
  if (const Node* power = index.producer(value, "Pow"))
    return power->inputs.size() == 2 && float_scalar(index.constant(power->inputs[1])) == -0.5F
               ? &power->inputs[0]
               : nullptr;
  const Node* reciprocal = index.producer(value, "Reciprocal");
  const Node* root =
      reciprocal == nullptr ? nullptr : index.producer(input_name(*reciprocal, 0), "Sqrt");
  return root == nullptr ? nullptr : &input_name(*root, 0);
}

struct Normalized {
  std::string x;
  float epsilon;
};

// x and epsilon when `centered` / sqrt(`variance_plus_epsilon`) is a normalisation of x.
std::optional<Normalized> normalized(const GraphIndex& index, const std::string& centered,
                                     const std::string& variance_plus_epsilon) {
  const std::string* x = centered_input(index, centered);
  const std::optional<ConstantOperand> sum =
      constant_operand(index, index.producer(variance_plus_epsilon, "Add"));
  if (x == nullptr || !sum) return std::nullopt;
  const std::optional<float> epsilon = float_scalar(sum->constant);
  const Node* variance = index.producer(sum->variable);
  if (!epsilon || !is_last_axis_mean(index, variance)) return std::nullopt;
  const std::string* deviation = squared_input(index, variance->inputs[0]);
  const std::string* same_x = deviation == nullptr ? nullptr : centered_input(index, *deviation);
  if (same_x == nullptr || *same_x != *x) return std::nullopt;
  return Normalized{*x, *epsilon};
}

std::optional<Normalized> match_quotient(const GraphIndex& index, const Node* node) {
  if (node == nullptr || node->inputs.size() != 2) return std::nullopt;
  if (is_operator(node, "Div")) {
    const Node* root = index.producer(node->inputs[1], "Sqrt");
    if (root == nullptr) return std::nullopt;
    return normalized(index, node->inputs[0], input_name(*root, 0));
  }
  if (!is_operator(node, "Mul")) return std::nullopt;
  for (const std::size_t i : {0, 1})
    if (const std::string* inside = inverse_root_input(index, node->inputs[1 - i]))
      return normalized(index, node->inputs[i], *inside);
  return std::nullopt;
}

std::optional<Node> match_layer_norm(const GraphIndex& index, const Node& last) {
  if (!is_operator(&last, "Add")) return std::nullopt;
  const std::optional<ConstantOperand> shifted = constant_operand(index, &last);
  if (!shifted) return std::nullopt;
  const std::optional<ConstantOperand> scaled =
      constant_operand(index, index.producer(shifted->variable, "Mul"));
  if (!scaled || scaled->constant->dims().size() != 1 || shifted->constant->dims().size() != 1)
    return std::nullopt;
  const std::optional<Normalized> inside = match_quotient(index, index.producer(scaled->variable));
  if (!inside) return std::nullopt;
  return Node{.op_type = "LayerNormalization",
              .domain = "",
              .name = last.name,
              .inputs = {inside->x, scaled->constant_name, shifted->constant_name},
              .outputs = last.outputs,
              .attributes = {{"axis", std::int64_t{-1}}, {"epsilon", inside->epsilon}}};
}

}  // namespace

void canonicalize_layer_norm(Graph& graph) {
  rewrite(graph, [](const GraphIndex& index, const Node& last, std::map<std::string, Tensor>&) {
    return match_layer_norm(index, last);
  });
}

}  // namespace filigree::loader
