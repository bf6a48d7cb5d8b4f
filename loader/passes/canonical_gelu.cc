#include "loader/passes/canonical_gelu.h"

#include <array>
#include <cmath>
#include <numbers>
#include <string>

#include "loader/passes/rewrite.h"

namespace filigree::loader {
namespace {

bool is_near(std::optional<float> value, double expected) {
  return value && std::fabs(static_cast<double>(*value) - expected) <= 1e-6 * expected;
}

// x when `value` is x / sqrt(2), else nothing.
std::optional<std::string> over_root_two(const GraphIndex& index, const std::string& value) {
  const Node* node = index.producer(value);
  const std::optional<ConstantOperand> operand = constant_operand(index, node);
  if (!operand) return std::nullopt;
  const std::optional<float> constant = float_scalar(operand->constant);
  if (is_operator(node, "Mul") && is_near(constant, 1 / std::numbers::sqrt2))
    return operand->variable;
  if (is_operator(node, "Div") && operand->variable == node->inputs[0] &&
      is_near(constant, std::numbers::sqrt2))
    return operand->variable;
  return std::nullopt;
}

// x when `value` is 1 + Erf(x / sqrt(2)), else nothing.
std::optional<std::string> one_plus_erf(const GraphIndex& index, const std::string& value) {
  const std::optional<ConstantOperand> sum = constant_operand(index, index.producer(value, "Add"));
  if (!sum || float_scalar(sum->constant) != 1.0F) return std::nullopt;
  const Node* erf = index.producer(sum->variable, "Erf");
  if (erf == nullptr) return std::nullopt;
  return over_root_two(index, input_name(*erf, 0));
}

using Factors = std::array<std::string, 3>;

// x when the factors are x, 0.5 and 1 + Erf(x / sqrt(2)) in any order.
std::optional<std::string> gelu_input(const GraphIndex& index, const Factors& factors) {
  for (const std::size_t bell : {0, 1, 2}) {
    const std::optional<std::string> x = one_plus_erf(index, factors[bell]);
    if (!x) continue;
    const std::string& first = factors[(bell + 1) % 3];
    const std::string& second = factors[(bell + 2) % 3];
    if (first == *x && float_scalar(index.constant(second)) == 0.5F) return x;
    if (second == *x && float_scalar(index.constant(first)) == 0.5F) return x;
  }
  return std::nullopt;
}

std::optional<Node> match_gelu(const GraphIndex& index, const Node& last) {
  if (!is_operator(&last, "Mul") || last.inputs.size() != 2) return std::nullopt;
  for (const std::size_t nested : {0, 1}) {
    const Node* inner = index.producer(last.inputs[nested], "Mul");
    if (inner == nullptr || inner->inputs.size() != 2) continue;
    const Factors factors = {inner->inputs[0], inner->inputs[1], last.inputs[1 - nested]};
    if (const std::optional<std::string> x = gelu_input(index, factors))
      return Node{.op_type = "Gelu",
                  .domain = "",
                  .name = last.name,
                  .inputs = {*x},
                  .outputs = last.outputs,
                  .attributes = {{"approximate", std::string("none")}}};
  }
  return std::nullopt;
}

}  // namespace

void canonicalize_gelu(Graph& graph) {
  rewrite(graph, [](const GraphIndex& index, const Node& last, std::map<std::string, Tensor>&) {
    return match_gelu(index, last);
  });
}

}  // namespace filigree::loader
