#include "loader/passes/canonical_linear.h"

#include <algorithm>
#include <string>
#include <utility>

#include "loader/error.h"
#include "loader/passes/bias.h"
#include "loader/passes/rewrite.h"

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

// In tiles: a column of one is a line of the other.
void transpose(std::span<const float> from, std::size_t rows, std::size_t cols, float* to) {
  constexpr std::size_t kTile = 16;
  for (std::size_t top = 0; top < rows; top += kTile)
    for (std::size_t left = 0; left < cols; left += kTile)
      for (std::size_t col = left; col < std::min(left + kTile, cols); ++col)
        for (std::size_t row = top; row < std::min(top + kTile, rows); ++row)
          to[col * rows + row] = from[row * cols + col];
}

// Deferred: of all weights of a model, only those that are looked at are in memory twice.
Tensor transposed(const Tensor& matrix) {
  const auto rows = static_cast<std::size_t>(matrix.dims()[0]);
  const auto cols = static_cast<std::size_t>(matrix.dims()[1]);
  return Tensor::deferred(
      DataType::kFloat, {matrix.dims()[1], matrix.dims()[0]},
      [matrix, rows, cols](std::span<std::byte> out) {
        TensorScratch scratch;
        const auto* from = reinterpret_cast<const float*>(matrix.bytes_in(scratch).data());
        transpose({from, rows * cols}, rows, cols, reinterpret_cast<float*>(out.data()));
      });
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
