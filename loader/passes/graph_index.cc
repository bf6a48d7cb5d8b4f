#include "loader/passes/graph_index.h"

#include <algorithm>

namespace filigree::loader {

GraphIndex::GraphIndex(const Graph& graph) : graph_(&graph) {
  for (const Node& node : graph.nodes) {
    for (const std::string& output : node.outputs) producers_.emplace(output, &node);
    for (const std::string& input : node.inputs) {
      if (input.empty()) continue;
      std::vector<const Node*>& readers = consumers_[input];
      if (readers.empty() || readers.back() != &node) readers.push_back(&node);
    }
  }
  for (const auto& [name, tensor] : graph.initializers) constants_.emplace(name, &tensor);
}

const Node* GraphIndex::producer(std::string_view value) const noexcept {
  const auto found = producers_.find(value);
  return found == producers_.end() || value.empty() ? nullptr : found->second;
}

const Node* GraphIndex::producer(std::string_view value, std::string_view op_type,
                                 std::string_view domain) const noexcept {
  const Node* node = producer(value);
  return is_operator(node, op_type, domain) ? node : nullptr;
}

std::span<const Node* const> GraphIndex::consumers(std::string_view value) const noexcept {
  const auto found = consumers_.find(value);
  if (found == consumers_.end()) return {};
  return found->second;
}

const Tensor* GraphIndex::constant(std::string_view value) const noexcept {
  const auto found = constants_.find(value);
  return found == constants_.end() ? nullptr : found->second;
}

bool is_operator(const Node* node, std::string_view op_type, std::string_view domain) noexcept {
  return node != nullptr && node->op_type == op_type && node->domain == domain &&
         !node->outputs.empty();
}

const std::string& input_name(const Node& node, std::size_t i) noexcept {
  static const std::string none;
  return i < node.inputs.size() ? node.inputs[i] : none;
}

std::optional<float> float_scalar(const Tensor* tensor) noexcept {
  if (tensor == nullptr || tensor->empty() || tensor->type() != DataType::kFloat ||
      tensor->size() != 1)
    return std::nullopt;
  return tensor->data<float>()[0];
}

std::string unused_name(const GraphIndex& index, std::string name) {
  const auto is_input = [&] {
    return std::ranges::find(index.graph().inputs, name, &ValueInfo::name) !=
           index.graph().inputs.end();
  };
  while (index.constant(name) != nullptr || index.producer(name) != nullptr || is_input())
    name += "_";
  return name;
}

std::optional<ConstantOperand> constant_operand(const GraphIndex& index, const Node* node) {
  if (node == nullptr || node->inputs.size() != 2) return std::nullopt;
  const Tensor* first = index.constant(node->inputs[0]);
  const Tensor* second = index.constant(node->inputs[1]);
  if ((first == nullptr) == (second == nullptr)) return std::nullopt;
  if (first != nullptr) return ConstantOperand{node->inputs[1], node->inputs[0], first};
  return ConstantOperand{node->inputs[0], node->inputs[1], second};
}

}  // namespace filigree::loader
