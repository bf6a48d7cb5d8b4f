#include "loader/passes/rewrite.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "loader/passes/prune.h"

namespace filigree::loader {

bool is_linear(const Node* node) noexcept {
  return is_operator(node, "Linear", kFiligreeDomain) ||
         is_operator(node, "QuantizedLinear", kFiligreeDomain);
}

const std::string& weight_name(const Node& linear) noexcept {
  return input_name(linear, linear.op_type == "Linear" ? 1 : 3);
}

bool moves_elements(const Node& node) noexcept {
  constexpr std::string_view kNames[] = {"Reshape",   "Transpose", "Squeeze",
                                         "Unsqueeze", "Flatten",   "Identity"};
  return node.domain.empty() && std::ranges::find(kNames, node.op_type) != std::end(kNames);
}

void rewrite(Graph& graph, const Match& match) {
  std::map<std::string, Tensor> added;
  std::vector<std::pair<std::size_t, Node>> replacements;
  {
    const GraphIndex index(graph);
    for (std::size_t i = 0; i < graph.nodes.size(); ++i)
      if (std::optional<Node> node = match(index, graph.nodes[i], added))
        replacements.emplace_back(i, std::move(*node));
  }
  for (auto& [i, node] : replacements) graph.nodes[i] = std::move(node);
  graph.initializers.merge(added);
  prune(graph);
}

}  // namespace filigree::loader
