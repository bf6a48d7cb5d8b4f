// An ONNX graph as plain data: nodes in topological order, values by name.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "loader/tensor.h"

namespace filigree::loader {

// Stands for an attribute value that filigree does not read: a subgraph, a sparse tensor, a type.
// Only a node that is evaluated complains about it.
struct UnreadValue {
  std::string kind;  // "subgraph", ...
};

struct Attribute {
  std::string name;
  std::variant<std::int64_t, float, std::string, std::vector<std::int64_t>, std::vector<float>,
               std::vector<std::string>, Tensor, UnreadValue>
      value;
};

struct Node {
  std::string op_type;
  std::string domain;  // "" is ai.onnx
  std::string name;
  std::vector<std::string> inputs;  // "" is an omitted optional input
  std::vector<std::string> outputs;
  std::vector<Attribute> attributes;
};

struct ValueInfo {
  std::string name;
  std::optional<DataType> type;
  std::vector<std::optional<std::int64_t>> dims;  // nullopt is a symbolic dimension
};

struct Graph {
  std::string file;                     // for messages
  std::vector<std::string> data_files;  // that held external data, relative to the file's folder
  std::int64_t opset = 0;               // of the default domain
  std::vector<Node> nodes;
  std::map<std::string, Tensor> initializers;
  std::vector<ValueInfo> inputs;  // without those that are initializers
  std::vector<ValueInfo> outputs;
  std::vector<std::string>
      functions;  // model-local functions, "domain::name"; calling one is not implemented
};

// For messages: "node 'encoder.0/MatMul'", or for a node without a name "MatMul node of output
// 'x'".
std::string node_text(const Node& node);

// In single quotes for a message, with control characters escaped and long text cut: names come
// from outside.
std::string quoted_name(std::string_view text);

// The attribute, or nullptr. Typed getters throw FormatError naming node and attribute when the
// type is another.
const Attribute* find_attribute(const Node& node, std::string_view name) noexcept;
std::int64_t int_attribute(const Node& node, std::string_view name, std::int64_t otherwise);
float float_attribute(const Node& node, std::string_view name, float otherwise);
std::string string_attribute(const Node& node, std::string_view name, const std::string& otherwise);
std::vector<std::int64_t> ints_attribute(const Node& node, std::string_view name,
                                         const std::vector<std::int64_t>& otherwise);
// Nullptr when there is no such attribute.
const Tensor* tensor_attribute(const Node& node, std::string_view name);

}  // namespace filigree::loader
