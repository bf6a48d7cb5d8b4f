// What a graph promises beyond its bytes: single assignment and topological order.
#include <string_view>
#include <unordered_set>

#include "loader/error.h"
#include "loader/onnx_messages.h"

namespace filigree::loader {

void check_graph(const Graph& graph) {
  std::unordered_set<std::string_view> defined;
  for (const auto& [name, tensor] : graph.initializers) defined.insert(name);
  for (const ValueInfo& info : graph.inputs)
    if (!defined.insert(info.name).second)
      throw FormatError(graph.file + ": graph input " + quoted_name(info.name) +
                        " is defined twice");
  for (const Node& node : graph.nodes) {
    for (const std::string& input : node.inputs)
      if (!input.empty() && !defined.contains(input))
        throw FormatError(graph.file + ": " + node_text(node) + " reads " + quoted_name(input) +
                          ", which no earlier node, graph input or initializer defines");
    for (const std::string& output : node.outputs)
      if (!output.empty() && !defined.insert(output).second)
        throw FormatError(graph.file + ": " + node_text(node) + " defines " + quoted_name(output) +
                          ", which is defined already");
  }
  for (const ValueInfo& info : graph.outputs)
    if (!defined.contains(info.name))
      throw FormatError(graph.file + ": graph output " + quoted_name(info.name) +
                        " is defined by no node, graph input or initializer");
}

}  // namespace filigree::loader
