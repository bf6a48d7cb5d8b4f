#include "loader/pattern/sample_run.h"

#include <optional>
#include <utility>
#include <vector>

#include "loader/error.h"
#include "loader/passes/element_bound.h"
#include "loader/passes/rewrite.h"
#include "loader/pattern/mismatch.h"

namespace filigree::loader {
namespace {

// Samples have a few dozen tokens; a model of 24 layers and 1024 features needs 2^24 elements.
constexpr std::size_t kElementBudget = std::size_t{1} << 27;

[[noreturn]] void reject(const Node& node, const std::string& name, const Dims& found,
                         const std::string& expected) {
  throw FormatError(describe(node) + ": " + quoted_name(name) + " has shape " + shape_text(found) +
                    ", expected " + expected);
}

bool is_shape_preserving(const Node& node) {
  return node.domain.empty() && (node.op_type == "LayerNormalization" || node.op_type == "Gelu");
}

bool is_integer_product(const Node& node) {
  return node.domain == kFiligreeDomain && node.op_type == "QuantizedMatMul";
}

}  // namespace

SampleRun::SampleRun(const GraphIndex& index, Values inputs)
    : index_(&index), values_(std::move(inputs)), budget_(kElementBudget) {}

const Tensor& SampleRun::value(const std::string& name) {
  if (const Tensor* constant = index_->constant(name)) return *constant;
  // The nodes lie in one vector in topological order, so ascending addresses are an order of
  // evaluation.
  std::set<const Node*> needed;
  std::vector<std::string> open = {name};
  while (!open.empty()) {
    const std::string next = std::move(open.back());
    open.pop_back();
    if (next.empty() || values_.contains(next) || index_->constant(next) != nullptr) continue;
    const Node* node = index_->producer(next);
    if (node == nullptr) throw FormatError("nothing defines the value " + quoted_name(next));
    if (needed.insert(node).second)
      open.insert(open.end(), node->inputs.begin(), node->inputs.end());
  }
  for (const Node* node : needed) compute(*node);
  const auto found = values_.find(name);
  if (found == values_.end()) throw FormatError("nothing defines the value " + quoted_name(name));
  return found->second;
}

const Tensor& SampleRun::operand(const Node& node, const std::string& name) const {
  if (const Tensor* constant = index_->constant(name)) return *constant;
  const auto found = values_.find(name);
  if (found == values_.end())
    throw FormatError(describe(node) + ": nothing defines the input " + quoted_name(name));
  return found->second;
}

void SampleRun::compute(const Node& node) {
  if (is_linear(&node) || is_shape_preserving(node) || is_integer_product(node)) {
    values_.emplace(node.outputs[0], shape_only(node));
    return;
  }
  std::vector<Tensor> inputs;
  for (const std::string& name : node.inputs)
    inputs.push_back(name.empty() ? Tensor() : operand(node, name));
  const std::optional<std::size_t> bound = element_bound(node, inputs);
  if (!bound || !is_implemented(node))
    throw Mismatch(node, "an operator outside every pattern", "one of a known encoder");
  if (*bound > budget_)
    throw Mismatch(node, "more than " + std::to_string(budget_) + " elements for a small input",
                   "an encoder's shapes");
  budget_ -= *bound;
  std::vector<Tensor> outputs;
  try {
    outputs = evaluate(node, inputs, index_->graph().opset);
  } catch (const UnsupportedError& error) {
    throw Mismatch(node, std::string("what is not implemented (") + error.what() + ")",
                   "operators that can be evaluated");
  }
  for (std::size_t i = 0; i < outputs.size() && i < node.outputs.size(); ++i)
    values_.emplace(node.outputs[i], std::move(outputs[i]));
}

Tensor SampleRun::shape_only(const Node& node) {
  const Tensor& x = operand(node, input_name(node, 0));
  if (is_integer_product(node)) {
    const Tensor operands[] = {zeros(x.dims()), zeros(operand(node, node.inputs[3]).dims())};
    Node product = node;
    product.op_type = "MatMul";
    product.domain.clear();
    product.attributes.clear();
    product.inputs = {node.inputs[0], node.inputs[3]};
    return evaluate(product, operands, index_->graph().opset).at(0);
  }
  Dims dims = x.dims();
  if (dims.empty()) reject(node, node.inputs[0], dims, "at least one dimension");
  if (is_linear(&node)) {
    const std::string& weight = weight_name(node);
    const Dims& matrix = operand(node, weight).dims();
    if (matrix[0] != dims.back())
      reject(node, weight, matrix,
             "[" + std::to_string(dims.back()) + ", outputs] after " + quoted_name(node.inputs[0]) +
                 " of shape " + shape_text(dims));
    dims.back() = matrix[1];
  }
  if (node.op_type == "LayerNormalization") {
    for (std::size_t i = 1; i < node.inputs.size(); ++i) {
      if (node.inputs[i].empty()) continue;
      const Tensor& parameter = operand(node, node.inputs[i]);
      if (parameter.size() != static_cast<std::size_t>(dims.back()))
        reject(node, node.inputs[i], parameter.dims(), "[" + std::to_string(dims.back()) + "]");
    }
  }
  return zeros(dims);
}

Tensor SampleRun::zeros(const Dims& dims) {
  const auto found = zeros_.find(dims);
  if (found != zeros_.end()) return found->second;
  const std::size_t elements = element_count(dims);
  if (elements > budget_)
    throw Mismatch("found a value of shape " + shape_text(dims) + " for a small input");
  budget_ -= elements;
  return zeros_.emplace(dims, Tensor(DataType::kFloat, dims)).first->second;
}

std::set<std::string> content_inputs(const GraphIndex& index, const std::string& value) {
  std::set<std::string> inputs;
  std::set<std::string> seen;
  std::vector<std::string> open = {value};
  while (!open.empty()) {
    const std::string next = std::move(open.back());
    open.pop_back();
    if (next.empty() || index.constant(next) != nullptr || !seen.insert(next).second) continue;
    const Node* node = index.producer(next);
    if (node == nullptr)
      inputs.insert(next);
    else if (!is_operator(node, "Shape") && !is_operator(node, "Size"))
      open.insert(open.end(), node->inputs.begin(), node->inputs.end());
  }
  return inputs;
}

}  // namespace filigree::loader
