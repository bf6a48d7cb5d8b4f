#include "loader/pattern/layout.h"

#include <algorithm>
#include <utility>

#include "loader/error.h"
#include "loader/interpreter.h"
#include "loader/passes/rewrite.h"
#include "loader/pattern/mismatch.h"

namespace filigree::loader {
namespace {

struct Scaling {
  std::string variable;
  double factor;
};

// Set when `node` multiplies or divides by one number.
std::optional<Scaling> scaling(SampleContext& context, const Node& node) {
  if (node.inputs.size() != 2 || !node.domain.empty()) return std::nullopt;
  if (node.op_type != "Mul" && node.op_type != "Div") return std::nullopt;
  if (const std::optional<double> factor = context.scalar(node.inputs[1]))
    return Scaling{node.inputs[0], node.op_type == "Mul" ? *factor : 1 / *factor};
  if (node.op_type == "Div") return std::nullopt;
  if (const std::optional<double> factor = context.scalar(node.inputs[0]))
    return Scaling{node.inputs[1], *factor};
  return std::nullopt;
}

}  // namespace

LayoutPath layout_path(SampleContext& context, const std::string& value, const Node& reader,
                       const std::function<bool(const Node&)>& is_source,
                       const std::string& expected) {
  LayoutPath path{nullptr, {}, 1};
  std::string current = value;
  for (int step = 0; path.source == nullptr; ++step) {
    const Node* node = context.index().producer(current);
    if (node == nullptr)
      throw Mismatch(reader, quoted_name(current) + ", which no node computes", expected);
    if (is_source(*node)) {
      path.source = node;
    } else if (step == kMaxLayoutSteps) {
      throw Mismatch(reader, "a long chain of nodes before it", expected);
    } else if (moves_elements(*node)) {
      path.steps.push_back(node);
      current = input_name(*node, 0);
    } else if (const std::optional<Scaling> found = scaling(context, *node)) {
      path.scale *= found->factor;
      current = found->variable;
    } else {
      throw Mismatch(*node, node->op_type, expected);
    }
  }
  std::ranges::reverse(path.steps);
  return path;
}

Tensor numbered_layout(Sample& sample, const GraphIndex& index, const LayoutPath& path,
                       const Dims& source_dims) {
  Tensor layout(DataType::kInt64, source_dims);
  std::int64_t next = 0;
  for (std::int64_t& number : layout.mutable_data<std::int64_t>()) number = next++;
  for (const Node* step : path.steps) {
    std::vector<Tensor> inputs = {layout};
    for (std::size_t i = 1; i < step->inputs.size(); ++i)
      inputs.push_back(step->inputs[i].empty() ? Tensor() : sample.run.value(step->inputs[i]));
    layout = evaluate(*step, inputs, index.graph().opset).at(0);
  }
  return layout;
}

bool is_layout(const Tensor& layout, const Dims& dims, const NumberOf& number) {
  if (layout.dims() != dims) return false;
  const std::span<const std::int64_t> numbers = layout.data<std::int64_t>();
  std::size_t i = 0;
  for (std::int64_t a = 0; a < dims[0]; ++a)
    for (std::int64_t b = 0; b < dims[1]; ++b)
      for (std::int64_t c = 0; c < dims[2]; ++c)
        for (std::int64_t d = 0; d < dims[3]; ++d)
          if (numbers[i++] != number(a, b, c, d)) return false;
  return true;
}

}  // namespace filigree::loader
