#include "loader/passes/canonical_linear.h"

#include <string>
#include <utility>

#include "loader/error.h"
#include "loader/passes/bias.h"
#include "loader/passes/rewrite.h"
#include "loader/passes/transposed.h"

namespace filigree::loader {
namespace {

const Tensor* float_matrix(const GraphIndex& index, const std::string& name) {
  const Tensor* tensor = index.constant(name);
  return tensor != nullptr && tensor->type() == DataType::kFloat && tensor->dims().size() == 2
             ? tensor
             : nullptr;
}

Node linear_node(const Node& last, std::string x, std::string weight, std::string bias) {
  return Node{.op_type = "Linear",
              .domain = std::string(kFiligreeDomain),
              .name = last.name,
              .inputs = {std::move(x), std::move(weight), std::move(bias)},
              .outputs = last.outputs,
              .attributes = {{"operator", last.op_type}}};
}

// x and W of a MatMul by a constant matrix.
const Node* constant_matmul(const GraphIndex& index, const Node* node) {
  return is_operator(node, "MatMul") && node->inputs.size() == 2 &&
                 index.constant(node->inputs[0]) == nullptr &&
                 float_matrix(index, node->inputs[1]) != nullptr
             ? node
             : nullptr;
}

std::optional<Node> match_biased(const GraphIndex& index, const Node& last) {
  if (!is_operator(&last, "Add")) return std::nullopt;
  const std::optional<ConstantOperand> sum = constant_operand(index, &last);
  const Node* product = sum ? constant_matmul(index, index.producer(sum->variable)) : nullptr;
  if (product == nullptr || sum->constant->type() != DataType::kFloat) return std::nullopt;
  const std::int64_t outputs = index.constant(product->inputs[1])->dims()[1];
  if (!is_bias(last, sum->constant_name, *sum->constant, outputs)) return std::nullopt;
  return linear_node(last, product->inputs[0], product->inputs[1], sum->constant_name);
}

std::optional<Node> match_gemm(const GraphIndex& index, const Node& last,
                               std::map<std::string, Tensor>& added) {
  if (!is_operator(&last, "Gemm") || last.inputs.size() < 2) return std::nullopt;
  if (int_attribute(last, "transA", 0) != 0 || float_attribute(last, "alpha", 1) != 1 ||
      float_attribute(last, "beta", 1) != 1)
    return std::nullopt;
  const Tensor* weight = float_matrix(index, last.inputs[1]);
  if (weight == nullptr || index.constant(last.inputs[0]) != nullptr) return std::nullopt;
  const bool is_transposed = int_attribute(last, "transB", 0) != 0;
  const std::string bias = last.inputs.size() > 2 ? last.inputs[2] : "";
  if (!bias.empty()) {
    const Tensor* constant = index.constant(bias);
    if (constant == nullptr ||
        !is_bias(last, bias, *constant, weight->dims()[is_transposed ? 0 : 1]))
      return std::nullopt;
  }
  std::string name = last.inputs[1];
  if (is_transposed) {
    // Prefixed with the output's name, which is unique in a graph.
    name = last.outputs[0] + "/" + name + "/transposed";
    added.emplace(name, transposed(*weight));
  }
  Node linear = linear_node(last, last.inputs[0], name, bias);
  linear.attributes.push_back({"weight", last.inputs[1]});
  return linear;
}

std::optional<Node> match_linear(const GraphIndex& index, const Node& last,
                                 std::map<std::string, Tensor>& added) {
  if (constant_matmul(index, &last) != nullptr)
    return linear_node(last, last.inputs[0], last.inputs[1], "");
  if (std::optional<Node> biased = match_biased(index, last)) return biased;
  return match_gemm(index, last, added);
}

}  // namespace

void canonicalize_linear(Graph& graph) { rewrite(graph, match_linear); }

}  // namespace filigree::loader
