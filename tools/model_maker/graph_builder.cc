#include "tools/model_maker/graph_builder.h"

#include <span>
#include <utility>

namespace filigree::tools {

using loader::Attribute;
using loader::DataType;
using loader::Tensor;

namespace {

// Opsets since which axes are inputs, or one node says it all.
constexpr std::int64_t kAxesAreInputs = 13, kReduceAxesAreInputs = 18, kLayerNorm = 17, kGelu = 20;

}  // namespace

GraphBuilder::GraphBuilder(std::int64_t opset) { graph_.opset = opset; }

void GraphBuilder::input(const std::string& name, DataType type,
                         std::vector<std::optional<std::int64_t>> dims) {
  graph_.inputs.push_back({.name = name, .type = type, .dims = std::move(dims)});
}

void GraphBuilder::output(const std::string& name, std::vector<std::optional<std::int64_t>> dims) {
  graph_.outputs.push_back({.name = name, .type = DataType::kFloat, .dims = std::move(dims)});
}

std::string GraphBuilder::constant(const std::string& name, Tensor value) {
  graph_.initializers.insert_or_assign(name, std::move(value));
  return name;
}

std::string GraphBuilder::integers(const std::string& name,
                                   const std::vector<std::int64_t>& values) {
  return constant(name, Tensor::of<std::int64_t>({static_cast<std::int64_t>(values.size())},
                                                 std::span<const std::int64_t>(values)));
}

std::string GraphBuilder::number(const std::string& name, float value) {
  return constant(name, Tensor::scalar(value));
}

std::string GraphBuilder::node(const std::string& op, std::vector<std::string> inputs,
                               const std::string& name, std::vector<Attribute> attributes) {
  graph_.nodes.push_back({.op_type = op,
                          .domain = "",
                          .name = name + "/" + op,
                          .inputs = std::move(inputs),
                          .outputs = {name},
                          .attributes = std::move(attributes)});
  return name;
}

std::string GraphBuilder::unsqueeze(const std::string& x, std::int64_t axis,
                                    const std::string& name) {
  if (opset() < kAxesAreInputs)
    return node("Unsqueeze", {x}, name, {{"axes", std::vector<std::int64_t>{axis}}});
  return node("Unsqueeze", {x, integers(name + "/axes", {axis})}, name);
}

std::string GraphBuilder::squeeze(const std::string& x, std::int64_t axis,
                                  const std::string& name) {
  if (opset() < kAxesAreInputs)
    return node("Squeeze", {x}, name, {{"axes", std::vector<std::int64_t>{axis}}});
  return node("Squeeze", {x, integers(name + "/axes", {axis})}, name);
}

std::pair<std::string, std::string> GraphBuilder::split_pairs(const std::string& x,
                                                              const std::string& name) {
  std::vector<std::string> inputs{x};
  std::vector<Attribute> attributes{{"axis", std::int64_t{-1}}};
  if (opset() < kAxesAreInputs)
    attributes.push_back({"split", std::vector<std::int64_t>{1, 1}});
  else
    inputs.push_back(integers(name + "/sizes", {1, 1}));
  const std::string first = node("Split", std::move(inputs), name + "_0", std::move(attributes));
  graph_.nodes.back().outputs.push_back(name + "_1");
  return {first, name + "_1"};
}

std::string GraphBuilder::reshape(const std::string& x, const std::vector<std::int64_t>& dims,
                                  const std::string& name) {
  return node("Reshape", {x, integers(name + "/shape", dims)}, name);
}

std::string GraphBuilder::transpose(const std::string& x, const std::vector<std::int64_t>& order,
                                    const std::string& name) {
  return node("Transpose", {x}, name, {{"perm", order}});
}

std::string GraphBuilder::cast(const std::string& x, DataType type, const std::string& name) {
  return node("Cast", {x}, name, {{"to", static_cast<std::int64_t>(type)}});
}

std::string GraphBuilder::mean(const std::string& x, const std::string& name) {
  const Attribute keep{"keepdims", std::int64_t{1}};
  if (opset() < kReduceAxesAreInputs)
    return node("ReduceMean", {x}, name, {{"axes", std::vector<std::int64_t>{-1}}, keep});
  return node("ReduceMean", {x, integers(name + "/axes", {-1})}, name, {keep});
}

std::string GraphBuilder::layer_norm(const std::string& x, const std::string& gamma,
                                     const std::string& beta, float epsilon,
                                     const std::string& name) {
  if (opset() >= kLayerNorm)
    return node("LayerNormalization", {x, gamma, beta}, name,
                {{"axis", std::int64_t{-1}}, {"epsilon", epsilon}});
  const std::string centered = node("Sub", {x, mean(x, name + "/mean")}, name + "/centered");
  const std::string squares = node("Pow", {centered, number(name + "/two", 2)}, name + "/squares");
  const std::string variance =
      node("Add", {mean(squares, name + "/variance"), number(name + "/epsilon", epsilon)},
           name + "/variance_plus_epsilon");
  const std::string root = node("Sqrt", {variance}, name + "/deviation");
  const std::string quotient = node("Div", {centered, root}, name + "/normalized");
  return node("Add", {node("Mul", {quotient, gamma}, name + "/scaled"), beta}, name);
}

std::string GraphBuilder::gelu(const std::string& x, const std::string& name) {
  if (opset() >= kGelu) return node("Gelu", {x}, name, {{"approximate", std::string("none")}});
  const std::string ratio =
      node("Div", {x, number(name + "/root_two", 1.41421356F)}, name + "/ratio");
  const std::string erf = node("Erf", {ratio}, name + "/erf");
  const std::string sum = node("Add", {erf, number(name + "/one", 1)}, name + "/one_plus_erf");
  const std::string product = node("Mul", {x, sum}, name + "/product");
  return node("Mul", {product, number(name + "/half", 0.5F)}, name);
}

}  // namespace filigree::tools
