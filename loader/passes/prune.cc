#include "loader/passes/prune.h"

#include <algorithm>
#include <string_view>
#include <unordered_set>
#include <utility>
#include <vector>

namespace filigree::loader {

void prune(Graph& graph) {
  std::unordered_set<std::string> wanted;
  for (const ValueInfo& output : graph.outputs) wanted.insert(output.name);
  // Nodes are in topological order, so one walk from the last to the first meets every reader
  // before its producer.
  std::vector<Node> kept;
  for (std::size_t i = graph.nodes.size(); i-- > 0;) {
    Node& node = graph.nodes[i];
    const bool needed = std::any_of(node.outputs.begin(), node.outputs.end(),
                                    [&](const std::string& name) { return wanted.contains(name); });
    if (!needed) continue;
    wanted.insert(node.inputs.begin(), node.inputs.end());
    kept.push_back(std::move(node));
  }
  std::reverse(kept.begin(), kept.end());
  graph.nodes = std::move(kept);
  std::erase_if(graph.initializers,
                [&](const auto& initializer) { return !wanted.contains(initializer.first); });
}

}  // namespace filigree::loader
