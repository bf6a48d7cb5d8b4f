#include "loader/passes/fold_constants.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "loader/error.h"
#include "loader/interpreter.h"
#include "loader/passes/element_bound.h"
#include "loader/passes/prune.h"

namespace filigree::loader {
namespace {

// Folding may make this many elements, plus a few times what the file holds: enough for a Cast and
// a Transpose of every weight, not enough for a small file to fill the memory.
constexpr std::size_t kFreeElements = std::size_t{1} << 24;
constexpr std::size_t kCopiesOfFile = 4;

std::size_t element_budget(const Graph& graph) {
  std::size_t stored = 0;
  for (const auto& [name, tensor] : graph.initializers) stored += tensor.size();
  for (const Node& node : graph.nodes)
    for (const Attribute& attribute : node.attributes)
      if (const Tensor* tensor = std::get_if<Tensor>(&attribute.value)) stored += tensor->size();
  return kFreeElements + kCopiesOfFile * stored;
}

// Constant inputs of `node`, empty tensors for omitted ones; nullopt when an input is not constant.
std::optional<std::vector<Tensor>> constant_inputs(const Graph& graph, const Node& node) {
  std::vector<Tensor> inputs;
  for (const std::string& name : node.inputs) {
    if (name.empty()) {
      inputs.emplace_back();
      continue;
    }
    const auto found = graph.initializers.find(name);
    if (found == graph.initializers.end()) return std::nullopt;
    inputs.push_back(found->second);
  }
  return inputs;
}

// What `node` makes of a large matrix that nobody has looked at, for when somebody does: so that
// the weights of a model are never all in memory. Nullopt when it is no Cast or Transpose of one.
std::optional<Tensor> deferred_matrix(const Node& node, const std::vector<Tensor>& inputs,
                                      std::int64_t opset) {
  const bool one_matrix = (node.op_type == "Cast" || node.op_type == "Transpose") &&
                          inputs.size() == 1 && node.outputs.size() == 1 &&
                          inputs[0].is_deferred() && inputs[0].dims().size() == 2;
  if (!one_matrix) return std::nullopt;
  // Shows what becomes of type and dimensions, and that the operator can be evaluated.
  const Tensor shown = evaluate(node, std::vector{Tensor(inputs[0].type(), {1, 2})}, opset).at(0);
  if (shown.dims().size() != 2 || shown.type() == DataType::kBool) return std::nullopt;
  Dims dims = inputs[0].dims();
  if (shown.dims() == Dims{2, 1}) std::swap(dims[0], dims[1]);
  return Tensor::deferred(shown.type(), std::move(dims),
                          [node, input = inputs[0].unread(), opset](std::span<std::byte> out) {
                            const std::vector<Tensor> fresh{input.unread()};
                            const Tensor result = evaluate(node, fresh, opset).at(0);
                            std::ranges::copy(result.bytes(), out.begin());
                          });
}

bool fold(Graph& graph, const Node& node, std::size_t& budget) {
  const std::optional<std::vector<Tensor>> inputs = constant_inputs(graph, node);
  if (!inputs || !is_implemented(node)) return false;
  const std::optional<std::size_t> bound = element_bound(node, *inputs);
  if (!bound || *bound > budget) return false;
  std::vector<Tensor> outputs;
  try {
    if (std::optional<Tensor> deferred = deferred_matrix(node, *inputs, graph.opset))
      outputs.push_back(std::move(*deferred));
    else
      outputs = evaluate(node, *inputs, graph.opset);
  } catch (const UnsupportedError&) {
    return false;
  }
  budget -= *bound;
  for (std::size_t i = 0; i < std::min(outputs.size(), node.outputs.size()); ++i)
    graph.initializers.emplace(node.outputs[i], std::move(outputs[i]));
  return true;
}

}  // namespace

void fold_constants(Graph& graph) {
  prune(graph);
  std::size_t budget = element_budget(graph);
  std::vector<Node> kept;
  for (Node& node : graph.nodes)
    if (!fold(graph, node, budget)) kept.push_back(std::move(node));
  graph.nodes = std::move(kept);
  prune(graph);
}

}  // namespace filigree::loader
