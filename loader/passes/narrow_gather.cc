#include "loader/passes/narrow_gather.h"

#include <string>
#include <unordered_set>
#include <utility>
#include <vector>

#include "loader/passes/graph_index.h"
#include "loader/passes/prune.h"

namespace filigree::loader {
namespace {

// The Cast from a float16 initializer to float that `gather` reads its table from, or nullptr.
const Node* table_cast(const GraphIndex& index, const Node& gather) {
  if (!is_operator(&gather, "Gather") || gather.inputs.size() != 2) return nullptr;
  const Node* cast = index.producer(gather.inputs[0], "Cast");
  if (cast == nullptr || cast->inputs.size() != 1) return nullptr;
  const Tensor* table = index.constant(cast->inputs[0]);
  const bool half = table != nullptr && table->type() == DataType::kFloat16;
  const bool to_float =
      int_attribute(*cast, "to", 0) == static_cast<std::int64_t>(DataType::kFloat);
  return half && to_float ? cast : nullptr;
}

std::string unused_name(const std::unordered_set<std::string>& taken, std::string name) {
  while (taken.contains(name)) name += "_";
  return name;
}

}  // namespace

void narrow_gather(Graph& graph) {
  std::unordered_set<std::string> taken;
  for (const Node& node : graph.nodes) taken.insert(node.outputs.begin(), node.outputs.end());
  for (const ValueInfo& input : graph.inputs) taken.insert(input.name);
  for (const auto& [name, tensor] : graph.initializers) taken.insert(name);

  std::vector<Node> nodes;
  {
    const GraphIndex index(graph);
    for (const Node& node : graph.nodes) {
      const Node* cast = table_cast(index, node);
      if (cast == nullptr) {
        nodes.push_back(node);
        continue;
      }
      Node gather = node;
      Node widen = *cast;
      const std::string rows = unused_name(taken, node.outputs[0] + "_half");
      taken.insert(rows);
      gather.inputs[0] = cast->inputs[0];
      gather.outputs[0] = rows;
      widen.inputs[0] = rows;
      widen.outputs[0] = node.outputs[0];
      nodes.push_back(std::move(gather));
      nodes.push_back(std::move(widen));
    }
  }
  graph.nodes = std::move(nodes);
  prune(graph);
}

}  // namespace filigree::loader
