#include "loader/passes/fold_constants.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "loader/error.h"
#include "loader/interpreter.h"
#include "loader/passes/element_bound.h"
#include "loader/passes/prune.h"
#include "loader/passes/quantized_operand.h"

namespace filigree::loader {
namespace {

// Folding may make this many elements, plus a few times what the file holds: enough for a Cast and
// a Transpose of every weight, not enough for a small file to fill the memory.
constexpr std::size_t kFreeElements = std::size_t{1} << 24;
constexpr std::size_t kCopiesOfFile = 4;

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

// Type and dimensions of what `node` makes of a matrix, shown on a small one. Throws as evaluate()
// does for one that it cannot take; nullopt where only the whole matrix says well what is wrong.
std::optional<Tensor> shown(const Node& node, std::vector<Tensor> inputs, std::int64_t opset) {
  const DataType type = inputs[0].type();
  if (inputs.size() == 1) return evaluate(node, std::vector{Tensor(type, {1, 2})}, opset).at(0);
  // Scales of channels fit only that axis, so the other one is made short.
  Dims dims = inputs[0].dims();
  const std::int64_t axis = int_attribute(node, "axis", 1);
  dims[axis == 0 || axis == -2 ? 1 : 0] = 0;
  inputs[0] = Tensor(type, dims);
  try {
    return evaluate(node, inputs, opset).at(0);
  } catch (const FormatError&) {
    return std::nullopt;
  }
}

bool is_matrix_operator(const Node& node, std::size_t inputs) {
  if (node.outputs.size() != 1) return false;
  if (node.op_type == "Cast" || node.op_type == "Transpose") return inputs == 1;
  return (node.op_type == "QuantizeLinear" || node.op_type == "DequantizeLinear") && inputs > 1;
}

// What `node` makes of a large matrix that nobody has looked at, for when somebody does: so that
// the weights of a model are never all in memory. Nullopt when it does no such thing.
std::optional<Tensor> deferred_matrix(const Node& node, const std::vector<Tensor>& inputs,
                                      std::int64_t opset) {
  if (!is_matrix_operator(node, inputs.size()) || !inputs[0].is_deferred() ||
      inputs[0].dims().size() != 2)
    return std::nullopt;
  const std::optional<Tensor> form = shown(node, inputs, opset);
  if (!form || form->dims().size() != 2 || form->type() == DataType::kBool) return std::nullopt;
  Dims dims = inputs[0].dims();
  if (node.op_type == "Transpose" && form->dims() == Dims{2, 1}) std::swap(dims[0], dims[1]);
  std::vector<Tensor> kept = inputs;
  kept[0] = kept[0].unread();
  return Tensor::deferred(form->type(), std::move(dims),
                          [node, kept = std::move(kept), opset](std::span<std::byte> out) {
                            std::vector<Tensor> fresh = kept;
                            fresh[0] = kept[0].unread();
                            const Tensor result = evaluate(node, fresh, opset).at(0);
                            std::ranges::copy(result.bytes(), out.begin());
                          });
}

bool dequantizes_bytes(const Node& node, const std::vector<Tensor>& inputs) {
  return node.op_type == "DequantizeLinear" && !inputs.empty() && inputs[0].dims().size() == 2 &&
         is_byte(inputs[0].type());
}

bool fold(Graph& graph, const Node& node, std::size_t& budget, ByteMatrices matrices) {
  const std::optional<std::vector<Tensor>> inputs = constant_inputs(graph, node);
  if (!inputs || !is_implemented(node)) return false;
  if (matrices == ByteMatrices::kKept && dequantizes_bytes(node, *inputs)) return false;
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

std::size_t fold_budget(const Graph& graph) {
  std::size_t stored = 0;
  for (const auto& [name, tensor] : graph.initializers) stored += tensor.size();
  for (const Node& node : graph.nodes)
    for (const Attribute& attribute : node.attributes)
      if (const Tensor* tensor = std::get_if<Tensor>(&attribute.value)) stored += tensor->size();
  return kFreeElements + kCopiesOfFile * stored;
}

void fold_constants(Graph& graph) {
  prune(graph);
  std::size_t budget = fold_budget(graph);
  fold_constants(graph, budget, ByteMatrices::kFolded);
}

void fold_constants(Graph& graph, std::size_t& budget, ByteMatrices matrices) {
  prune(graph);
  std::vector<Node> kept;
  for (Node& node : graph.nodes)
    if (!fold(graph, node, budget, matrices)) kept.push_back(std::move(node));
  graph.nodes = std::move(kept);
  prune(graph);
}

}  // namespace filigree::loader
