#include "loader/passes/canonical_byte_product.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <utility>
#include <vector>

#include "loader/passes/prune.h"
#include "loader/passes/quantized_operand.h"
#include "loader/passes/rewrite.h"

namespace filigree::loader {
namespace {

constexpr int kMaxMovers = 16;

// Nodes that take the place of one, in order.
using Replacements = std::map<const Node*, std::vector<Node>>;

bool is_output(const Graph& graph, const std::string& value) {
  return std::ranges::find(graph.outputs, value, &ValueInfo::name) != graph.outputs.end();
}

// The node that alone reads the content of `value`, as its first input; nullptr when there is none.
const Node* only_reader(const GraphIndex& index, const std::string& value) {
  if (is_output(index.graph(), value)) return nullptr;
  const Node* only = nullptr;
  for (const Node* reader : index.consumers(value)) {
    if (is_operator(reader, "Shape")) continue;
    if (only != nullptr || std::ranges::count(reader->inputs, value) != 1 ||
        reader->inputs[0] != value)
      return nullptr;
    only = reader;
  }
  return only;
}

bool is_byte_zero_point(const GraphIndex& index, const std::string& name) {
  const Tensor* zero = index.constant(name);
  return zero != nullptr && zero->size() == 1 && is_byte(zero->type());
}

// Inputs 0 to 7 of QLinearMatMul.
enum Input { kA, kScaleA, kZeroA, kB, kScaleB, kZeroB, kScaleY, kZeroY, kInputs };

// The canonical node whose floats are its bytes times `rescale`.
std::optional<Node> canonical(const GraphIndex& index, const Node& product,
                              const std::string& rescale) {
  const std::vector<std::string>& in = product.inputs;
  const std::optional<Quantized> a = quantized(index, in[kA]);
  const std::optional<Quantized> b = quantized(index, in[kB]);
  if (!a || !b || !same_zero_point(index, in[kZeroA], a->zero_point) ||
      !same_zero_point(index, in[kZeroB], b->zero_point))
    return std::nullopt;
  return Node{.op_type = "QuantizedMatMul",
              .domain = std::string(kFiligreeDomain),
              .name = product.name,
              .inputs = {a->x, a->scale, a->zero_point, b->x, b->scale, b->zero_point, rescale,
                         in[kScaleA], in[kScaleB], in[kScaleY], in[kZeroY]},
              .outputs = product.outputs,
              .attributes = {{"operator", product.op_type}}};
}

// What the first reader of the bytes that does more than move them becomes, and the scale with
// which it reads them.
struct Reader {
  const Node* node;
  std::vector<Node> replacement;
  std::string scale;
};

std::optional<Reader> reader_as_floats(const GraphIndex& index, const Node& product,
                                       const Node& reader) {
  const std::string& scale_y = product.inputs[kScaleY];
  const std::string& zero_y = product.inputs[kZeroY];
  if (is_operator(&reader, "DequantizeLinear") && reader.inputs.size() >= 2 &&
      is_plain_quantization(reader) && float_scalar(index.constant(reader.inputs[1])) &&
      same_zero_point(index, input_name(reader, 2), zero_y))
    return Reader{&reader,
                  {Node{.op_type = "Identity",
                        .domain = "",
                        .name = reader.name,
                        .inputs = {reader.inputs[0]},
                        .outputs = reader.outputs,
                        .attributes = {}}},
                  reader.inputs[1]};
  if (!is_operator(&reader, "MatMulInteger") ||
      !is_reversible(*float_scalar(index.constant(scale_y))))
    return std::nullopt;
  Node quantize{.op_type = "QuantizeLinear",
                .domain = "",
                .name = product.name,
                .inputs = {reader.inputs[0], scale_y, zero_y},
                .outputs = {unused_name(index, reader.inputs[0] + "/quantized")},
                .attributes = {}};
  Node multiply = reader;
  multiply.inputs[0] = quantize.outputs[0];
  return Reader{&reader, {std::move(quantize), std::move(multiply)}, scale_y};
}

void replace_product(const GraphIndex& index, const Node& product, Replacements& replacements) {
  if (!is_operator(&product, "QLinearMatMul") || product.inputs.size() != kInputs ||
      !float_scalar(index.constant(product.inputs[kScaleY])) ||
      !is_byte_zero_point(index, product.inputs[kZeroY]))
    return;
  const Node* node = only_reader(index, product.outputs[0]);
  for (int i = 0; i < kMaxMovers && node != nullptr && moves_elements(*node); ++i)
    node = node->outputs.empty() ? nullptr : only_reader(index, node->outputs[0]);
  if (node == nullptr) return;
  std::optional<Reader> reader = reader_as_floats(index, product, *node);
  if (!reader) return;
  std::optional<Node> replacement = canonical(index, product, reader->scale);
  if (!replacement) return;
  replacements[&product] = {std::move(*replacement)};
  replacements[reader->node] = std::move(reader->replacement);
}

}  // namespace

void canonicalize_byte_products(Graph& graph) {
  Replacements replacements;
  const GraphIndex index(graph);
  for (const Node& node : graph.nodes) replace_product(index, node, replacements);
  if (replacements.empty()) return;
  std::vector<Node> nodes;
  for (const Node& node : graph.nodes) {
    const auto found = replacements.find(&node);
    if (found == replacements.end())
      nodes.push_back(node);
    else
      std::ranges::move(found->second, std::back_inserter(nodes));
  }
  graph.nodes = std::move(nodes);
  prune(graph);
}

}  // namespace filigree::loader
