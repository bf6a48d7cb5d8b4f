// An ONNX graph as plain data: nodes in topological order, values by name.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "loader/tensor.h"

namespace filigree::loader {

struct Attribute {
  std::string name;
  std::variant<std::int64_t, float, std::string, std::vector<std::int64_t>, std::vector<float>,
               std::vector<std::string>, Tensor>
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
  std::string file;          // for messages
  std::int64_t opset = 0;    // of the default domain
  std::vector<Node> nodes;
  std::map<std::string, Tensor> initializers;
  std::vector<ValueInfo> inputs;   // without those that are initializers
  std::vector<ValueInfo> outputs;
};

// The attribute, or nullptr. Typed getters throw FormatError naming node and attribute when the type is another.
const Attribute* find_attribute(const Node& node, std::string_view name) noexcept;
std::int64_t int_attribute(const Node& node, std::string_view name, std::int64_t otherwise);
float float_attribute(const Node& node, std::string_view name, float otherwise);
std::string string_attribute(const Node& node, std::string_view name, const std::string& otherwise);
std::vector<std::int64_t> ints_attribute(const Node& node, std::string_view name,
                                         const std::vector<std::int64_t>& otherwise);

}  // namespace filigree::loader
