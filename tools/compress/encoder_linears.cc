#include "tools/compress/encoder_linears.h"

#include <algorithm>
#include <utility>

#include "tools/cli/errors.h"

namespace filigree::tools {
namespace {

using loader::DataType;
using loader::Graph;
using loader::GraphIndex;
using loader::Node;
using loader::Tensor;

const char* role_name(LinearRole role) {
  switch (role) {
    case LinearRole::kQuery:
      return "query";
    case LinearRole::kKey:
      return "key";
    case LinearRole::kValue:
      return "value";
    case LinearRole::kAttentionOutput:
      return "attention output";
    case LinearRole::kFfnIn:
      return "ffn in";
    case LinearRole::kFfnOut:
      return "ffn out";
  }
  return "";
}

WeightLayout other(WeightLayout layout) {
  return layout == WeightLayout::kInputsOutputs ? WeightLayout::kOutputsInputs
                                                : WeightLayout::kInputsOutputs;
}

// From what the product reads back to what the file stores.
StoredWeight stored_weight(const GraphIndex& index, const EncoderLinear& linear) {
  const Node* product = multiplying_node(index, linear.value);
  if (product == nullptr)
    throw InputError(index.graph().file + ": weight '" + linear.value + "' of " + linear.name +
                     " is not read by exactly one MatMul or Gemm, and cannot be written back");
  StoredWeight stored{linear.value, WeightLayout::kInputsOutputs};
  if (product->op_type == "Gemm" && loader::int_attribute(*product, "transB", 0) != 0)
    stored.layout = WeightLayout::kOutputsInputs;
  while (stored_tensor(index, stored.initializer) == nullptr) {
    const Node* node = index.producer(stored.initializer);
    const bool passes = loader::is_operator(node, "Cast") || loader::is_operator(node, "Identity");
    const bool turns = loader::is_operator(node, "Transpose");
    if (!passes && !turns)
      throw InputError(
          index.graph().file + ": weight '" + linear.value + "' of " + linear.name +
          " is computed by " +
          (node == nullptr ? "nothing" : node_text(*node) + " (" + node->op_type + ")") +
          ", expected an initializer, perhaps behind Cast or Transpose");
    // Of a matrix every permutation but the identity exchanges rows and columns.
    if (turns && loader::ints_attribute(*node, "perm", {1, 0}) != std::vector<std::int64_t>{0, 1})
      stored.layout = other(stored.layout);
    stored.initializer = node->inputs[0];
  }
  return stored;
}

template <class From, class To>
void transpose(std::span<const From> from, std::size_t rows, std::size_t cols, std::span<To> to) {
  for (std::size_t row = 0; row < rows; ++row)
    for (std::size_t col = 0; col < cols; ++col) to[col * rows + row] = from[row * cols + col];
}

}  // namespace

const loader::Linear& linear_of(const loader::EncoderLayer& layer, LinearRole role) noexcept {
  switch (role) {
    case LinearRole::kQuery:
      return layer.query;
    case LinearRole::kKey:
      return layer.key;
    case LinearRole::kValue:
      return layer.value;
    case LinearRole::kAttentionOutput:
      return layer.attention_output;
    case LinearRole::kFfnIn:
      return layer.ffn_in;
    case LinearRole::kFfnOut:
      break;
  }
  return layer.ffn_out;
}

loader::Linear& linear_of(loader::EncoderLayer& layer, LinearRole role) noexcept {
  return const_cast<loader::Linear&>(linear_of(std::as_const(layer), role));
}

const Node* multiplying_node(const GraphIndex& index, const std::string& weight) {
  const auto readers = index.consumers(weight);
  if (readers.size() != 1) return nullptr;
  const Node* node = readers.front();
  const bool product = loader::is_operator(node, "MatMul") || loader::is_operator(node, "Gemm");
  return product && loader::input_name(*node, 1) == weight ? node : nullptr;
}

const Tensor* stored_tensor(const GraphIndex& index, const std::string& name) {
  if (const Tensor* tensor = index.constant(name)) return tensor;
  const Node* node = index.producer(name, "Constant");
  return node == nullptr ? nullptr : loader::tensor_attribute(*node, "value");
}

std::vector<EncoderLinear> encoder_linears(const Graph& graph, const loader::Model& model) {
  if (!model.encoder)
    throw InputError(graph.file + ": " +
                     (model.warnings.empty() ? "no encoder recognised" : model.warnings.front()));
  const GraphIndex index(graph);
  std::vector<EncoderLinear> linears;
  for (std::size_t layer = 0; layer < model.encoder->layers.size(); ++layer)
    for (const LinearRole role : kLinearRoles) {
      const loader::Linear& linear = linear_of(model.encoder->layers[layer], role);
      EncoderLinear found{.name = "layer " + std::to_string(layer) + " " + role_name(role),
                          .layer = layer,
                          .role = role,
                          .outputs = linear.weights.rows(),
                          .inputs = linear.weights.cols(),
                          .value = linear.name,
                          .stored = {}};
      if (linear.input)
        throw InputError(graph.file + ": " + found.name + " ('" + linear.name +
                         "') is quantised already, expected float weights");
      found.stored = stored_weight(index, found);
      linears.push_back(std::move(found));
    }
  return linears;
}

std::vector<float> weight_values(const Tensor& tensor, WeightLayout layout,
                                 const std::string& name) {
  const bool half = tensor.type() == DataType::kFloat16;
  if ((!half && tensor.type() != DataType::kFloat) || tensor.dims().size() != 2)
    throw InputError("weight '" + name + "' is " + std::string(data_type_name(tensor.type())) +
                     " " + loader::shape_text(tensor.dims()) +
                     ", expected a FLOAT or FLOAT16 matrix");
  std::vector<float> values(tensor.size());
  if (half)
    loader::half_to_float(tensor.half_bits(), values);
  else
    std::ranges::copy(tensor.data<float>(), values.begin());
  if (layout == WeightLayout::kOutputsInputs) return values;
  std::vector<float> turned(values.size());
  transpose<float, float>(values, static_cast<std::size_t>(tensor.dims()[0]),
                          static_cast<std::size_t>(tensor.dims()[1]), turned);
  return turned;
}

Tensor weight_tensor(const Tensor& like, WeightLayout layout, std::span<const float> values) {
  std::vector<float> stored(values.begin(), values.end());
  if (layout == WeightLayout::kInputsOutputs)
    transpose<float, float>(values, static_cast<std::size_t>(like.dims()[1]),
                            static_cast<std::size_t>(like.dims()[0]), stored);
  if (like.type() == DataType::kFloat) return Tensor::of<float>(like.dims(), stored);
  Tensor tensor(DataType::kFloat16, like.dims());
  std::ranges::transform(stored, tensor.mutable_half_bits().begin(), loader::float_to_half);
  return tensor;
}

void store_tensor(Graph& graph, const std::string& name, Tensor tensor) {
  std::erase_if(graph.nodes, [&](const Node& node) {
    return node.op_type == "Constant" && !node.outputs.empty() && node.outputs[0] == name;
  });
  graph.initializers.insert_or_assign(name, std::move(tensor));
}

}  // namespace filigree::tools
