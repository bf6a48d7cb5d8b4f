// A small generic interpreter of ONNX operators, correct first: heads, masks, unusual stems, and
// whole graphs whose encoder was not recognised. Computes in the types that ONNX prescribes; float
// sums run in ascending order in float.
#pragma once

#include <map>
#include <span>
#include <string>
#include <vector>

#include "loader/graph.h"

namespace filigree::loader {

// Evaluates one node. `inputs` matches node.inputs (an empty Tensor for an omitted one). Throws
// UnsupportedError for an operator (or attribute, or type) that is not implemented, FormatError for
// shapes that do not fit.
std::vector<Tensor> evaluate(const Node& node, std::span<const Tensor> inputs, std::int64_t opset);

// True when evaluate() knows the operator.
bool is_implemented(const Node& node) noexcept;

using Values = std::map<std::string, Tensor>;

// Runs the nodes that `wanted` depends on and returns the wanted values, in that order. `feeds`
// holds graph inputs, and may hold any intermediate value: what is fed is not computed. Throws
// FormatError naming a missing feed. Thread-safe: the graph is only read.
std::vector<Tensor> run_graph(const Graph& graph, const Values& feeds,
                              std::span<const std::string> wanted);

}  // namespace filigree::loader
