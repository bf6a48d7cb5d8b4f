// Who produces and who reads each value of a graph, by name. A view: the graph must outlive it and
// must not change.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "loader/graph.h"

namespace filigree::loader {

class GraphIndex {
 public:
  explicit GraphIndex(const Graph& graph);

  const Graph& graph() const noexcept { return *graph_; }

  // The node that computes `value`; nullptr for a graph input, an initializer or a name that
  // nothing defines.
  const Node* producer(std::string_view value) const noexcept;
  // The same, but nullptr unless the node is the operator `op_type` of `domain`.
  const Node* producer(std::string_view value, std::string_view op_type,
                       std::string_view domain = "") const noexcept;
  // Nodes that read `value`, in graph order, each once.
  std::span<const Node* const> consumers(std::string_view value) const noexcept;
  // The initializer `value`, or nullptr.
  const Tensor* constant(std::string_view value) const noexcept;

 private:
  const Graph* graph_;
  std::unordered_map<std::string_view, const Node*> producers_;
  std::unordered_map<std::string_view, std::vector<const Node*>> consumers_;
  std::unordered_map<std::string_view, const Tensor*> constants_;
};

bool is_operator(const Node* node, std::string_view op_type, std::string_view domain = "") noexcept;

// The name of an input, "" when the node has fewer or omits it.
const std::string& input_name(const Node& node, std::size_t i) noexcept;

// The only element of a float tensor with one element; nullopt for everything else.
std::optional<float> float_scalar(const Tensor* tensor) noexcept;

// `name`, with as many underscores behind it as it takes to be no value of the graph: what is added
// under another's name would be ignored.
std::string unused_name(const GraphIndex& index, std::string name);

// For a node with two inputs of which exactly one is an initializer.
struct ConstantOperand {
  std::string variable;       // the other input
  std::string constant_name;  // and the initializer
  const Tensor* constant;
};
std::optional<ConstantOperand> constant_operand(const GraphIndex& index, const Node* node);

}  // namespace filigree::loader
