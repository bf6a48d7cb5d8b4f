#include "tools/model_maker/onnx_writer.h"

#include <stdexcept>
#include <type_traits>
#include <utility>

namespace filigree::tools {
namespace {

using loader::Attribute;
using loader::Graph;
using loader::Node;
using loader::Tensor;

// Field numbers of onnx.proto.
enum ModelField { kIrVersion = 1, kProducer = 2, kGraph = 7, kOpsetImport = 8 };
enum OpsetField { kDomain = 1, kVersion = 2 };
enum GraphField {
  kNodes = 1,
  kGraphName = 2,
  kInitializers = 5,
  kGraphInputs = 11,
  kGraphOutputs = 12
};
enum NodeField { kInput = 1, kOutput = 2, kNodeName = 3, kOpType = 4, kAttributes = 5 };
enum AttributeField {
  kAttributeName = 1,
  kFloat = 2,
  kInt = 3,
  kString = 4,
  kTensor = 5,
  kFloats = 7,
  kInts = 8,
  kStrings = 9,
  kAttributeType = 20
};
enum AttributeType {
  kTypeFloat = 1,
  kTypeInt = 2,
  kTypeString = 3,
  kTypeTensor = 4,
  kTypeFloats = 6,
  kTypeInts = 7,
  kTypeStrings = 8
};
enum TensorField { kDims = 1, kDataType = 2, kTensorName = 8, kRawData = 9 };
enum ValueField { kValueName = 1, kValueType = 2, kTensorType = 1, kElementType = 1, kShape = 2 };
enum ShapeField { kDim = 1, kDimValue = 1, kDimName = 2 };

constexpr std::size_t kMostBytes = (std::size_t{1} << 31) - 1;

// The first version of the file format that may import the opset.
std::int64_t ir_version(std::int64_t opset) {
  constexpr std::pair<std::int64_t, std::int64_t> kFirstOpset[] = {
      {23, 11}, {21, 10}, {19, 9}, {15, 8}, {12, 7}};
  for (const auto& [first, version] : kFirstOpset)
    if (opset >= first) return version;
  return 6;
}

}  // namespace

WireWriter tensor_bytes(const Tensor& tensor, std::string_view name) {
  WireWriter out;
  out.integers(kDims, tensor.dims());
  out.integer(kDataType, static_cast<std::int64_t>(tensor.type()));
  if (!name.empty()) out.text(kTensorName, name);
  out.bytes(kRawData, tensor.bytes());
  return out;
}

namespace {

struct AttributeValue {
  WireWriter& out;

  void operator()(std::int64_t value) {
    out.integer(kInt, value);
    out.integer(kAttributeType, kTypeInt);
  }
  void operator()(float value) {
    out.number(kFloat, value);
    out.integer(kAttributeType, kTypeFloat);
  }
  void operator()(const std::string& value) {
    out.text(kString, value);
    out.integer(kAttributeType, kTypeString);
  }
  void operator()(const std::vector<std::int64_t>& values) {
    out.integers(kInts, values);
    out.integer(kAttributeType, kTypeInts);
  }
  void operator()(const std::vector<float>& values) {
    out.numbers(kFloats, values);
    out.integer(kAttributeType, kTypeFloats);
  }
  void operator()(const std::vector<std::string>& values) {
    for (const std::string& value : values) out.text(kStrings, value);
    out.integer(kAttributeType, kTypeStrings);
  }
  void operator()(const Tensor& value) {
    out.message(kTensor, tensor_bytes(value, ""));
    out.integer(kAttributeType, kTypeTensor);
  }
  void operator()(const loader::UnreadValue& value) {
    throw std::invalid_argument("is a " + value.kind + ", which cannot be written");
  }
};

WireWriter attribute_bytes(const Node& node, const Attribute& attribute) {
  WireWriter out;
  out.text(kAttributeName, attribute.name);
  try {
    std::visit(AttributeValue{out}, attribute.value);
  } catch (const std::invalid_argument& error) {
    throw std::invalid_argument(node_text(node) + ": attribute '" + attribute.name + "' " +
                                error.what());
  }
  return out;
}

}  // namespace

WireWriter node_bytes(const Node& node) {
  if (!node.domain.empty())
    throw std::invalid_argument(node_text(node) + ": operator " + node.op_type + " of domain '" +
                                node.domain + "' cannot be written");
  WireWriter out;
  for (const std::string& input : node.inputs) out.text(kInput, input);
  for (const std::string& output : node.outputs) out.text(kOutput, output);
  if (!node.name.empty()) out.text(kNodeName, node.name);
  out.text(kOpType, node.op_type);
  for (const Attribute& attribute : node.attributes)
    out.message(kAttributes, attribute_bytes(node, attribute));
  return out;
}

namespace {

WireWriter shape_bytes(const loader::ValueInfo& value, std::span<const std::string> axis_names) {
  WireWriter out;
  for (std::size_t axis = 0; axis < value.dims.size(); ++axis) {
    WireWriter dim;
    if (value.dims[axis])
      dim.integer(kDimValue, *value.dims[axis]);
    else if (axis < axis_names.size())
      dim.text(kDimName, axis_names[axis]);
    out.message(kDim, std::move(dim));
  }
  return out;
}

}  // namespace

WireWriter value_bytes(const loader::ValueInfo& value, std::span<const std::string> axis_names) {
  WireWriter out;
  out.text(kValueName, value.name);
  if (!value.type) return out;
  WireWriter tensor;
  tensor.integer(kElementType, static_cast<std::int64_t>(*value.type));
  tensor.message(kShape, shape_bytes(value, axis_names));
  WireWriter type;
  type.message(kTensorType, std::move(tensor));
  out.message(kValueType, std::move(type));
  return out;
}

namespace {

WireWriter graph_bytes(const Graph& graph, std::span<const std::string> axis_names) {
  WireWriter out;
  for (const Node& node : graph.nodes) out.message(kNodes, node_bytes(node));
  out.text(kGraphName, "main_graph");
  for (const auto& [name, tensor] : graph.initializers)
    out.message(kInitializers, tensor_bytes(tensor, name));
  for (const auto& value : graph.inputs) out.message(kGraphInputs, value_bytes(value, axis_names));
  for (const auto& value : graph.outputs)
    out.message(kGraphOutputs, value_bytes(value, axis_names));
  return out;
}

}  // namespace

WireWriter onnx_bytes(const Graph& graph, std::span<const std::string> axis_names) {
  if (!graph.functions.empty())
    throw std::invalid_argument("the function " + graph.functions.front() +
                                " of the model cannot be written");
  WireWriter opset;
  opset.text(kDomain, "");
  opset.integer(kVersion, graph.opset);
  WireWriter out;
  out.integer(kIrVersion, ir_version(graph.opset));
  out.text(kProducer, "filigree");
  out.message(kGraph, graph_bytes(graph, axis_names));
  out.message(kOpsetImport, std::move(opset));
  check_file_size(out.size());
  return out;
}

void check_file_size(std::size_t bytes) {
  if (bytes > kMostBytes)
    throw std::invalid_argument("the model would take " + std::to_string(bytes) +
                                " bytes, one ONNX file holds at most " +
                                std::to_string(kMostBytes));
}

}  // namespace filigree::tools
