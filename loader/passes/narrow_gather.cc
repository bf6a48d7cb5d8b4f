#include "loader/passes/narrow_gather.h"

#include <string>
#include <utility>
#include <vector>

#include "loader/passes/graph_index.h"
#include "loader/passes/prune.h"
#include "loader/passes/quantized_operand.h"

namespace filigree::loader {
namespace {

bool widens_half(const Node& node, const Tensor& table) {
  return is_operator(&node, "Cast") && node.inputs.size() == 1 &&
         table.type() == DataType::kFloat16 &&
         int_attribute(node, "to", 0) == static_cast<std::int64_t>(DataType::kFloat);
}

bool dequantizes(const GraphIndex& index, const Node& node, const Tensor& table) {
  if (!is_operator(&node, "DequantizeLinear") || !is_byte(table.type()) ||
      !is_plain_quantization(node) || !float_scalar(index.constant(input_name(node, 1))))
    return false;
  const std::string& zero_point = input_name(node, 2);
  const Tensor* zero = index.constant(zero_point);
  return zero_point.empty() ||
         (zero != nullptr && zero->size() == 1 && zero->type() == table.type());
}

// The node that makes floats of the stored table that `gather` reads, or nullptr.
const Node* widening(const GraphIndex& index, const Node& gather) {
  if (!is_operator(&gather, "Gather") || gather.inputs.size() != 2) return nullptr;
  const Node* node = index.producer(gather.inputs[0]);
  const Tensor* table = node == nullptr ? nullptr : index.constant(input_name(*node, 0));
  if (table == nullptr) return nullptr;
  return widens_half(*node, *table) || dequantizes(index, *node, *table) ? node : nullptr;
}

}  // namespace

void narrow_gather(Graph& graph) {
  std::vector<Node> nodes;
  {
    const GraphIndex index(graph);
    for (const Node& node : graph.nodes) {
      const Node* wide = widening(index, node);
      if (wide == nullptr) {
        nodes.push_back(node);
        continue;
      }
      Node gather = node;
      Node widen = *wide;
      const std::string rows = unused_name(index, node.outputs[0] + "_stored");
      gather.inputs[0] = wide->inputs[0];
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
