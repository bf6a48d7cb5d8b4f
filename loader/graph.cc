#include "loader/graph.h"

#include <algorithm>

#include "loader/error.h"

namespace filigree::loader {
namespace {

template <class T>
const T* typed_attribute(const Node& node, std::string_view name, std::string_view expected) {
  const Attribute* attribute = find_attribute(node, name);
  if (attribute == nullptr) return nullptr;
  const T* value = std::get_if<T>(&attribute->value);
  if (value == nullptr) {
    static constexpr std::string_view kKinds[] = {"INT",    "FLOAT",   "STRING", "INTS",
                                                  "FLOATS", "STRINGS", "TENSOR", "unread value"};
    throw FormatError(node_text(node) + ": attribute " + quoted_name(name) + " is " +
                      std::string(kKinds[attribute->value.index()]) + ", expected " +
                      std::string(expected));
  }
  return value;
}

}  // namespace

std::string quoted_name(std::string_view text) {
  constexpr std::size_t kLongest = 200;
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string result = "'";
  for (const char c : text.substr(0, kLongest)) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7f) {
      result += "\\x";
      result += kHex[byte >> 4];
      result += kHex[byte & 15];
    } else {
      result += c;
    }
  }
  return result + (text.size() > kLongest ? "...'" : "'");
}

std::string node_text(const Node& node) {
  if (!node.name.empty()) return "node " + quoted_name(node.name);
  const auto output = std::find_if(node.outputs.begin(), node.outputs.end(),
                                   [](const std::string& name) { return !name.empty(); });
  if (output == node.outputs.end()) return quoted_name(node.op_type) + " node without a name";
  return quoted_name(node.op_type) + " node of output " + quoted_name(*output);
}

const Attribute* find_attribute(const Node& node, std::string_view name) noexcept {
  for (const Attribute& attribute : node.attributes)
    if (attribute.name == name) return &attribute;
  return nullptr;
}

std::int64_t int_attribute(const Node& node, std::string_view name, std::int64_t otherwise) {
  const auto* value = typed_attribute<std::int64_t>(node, name, "INT");
  return value == nullptr ? otherwise : *value;
}

float float_attribute(const Node& node, std::string_view name, float otherwise) {
  const auto* value = typed_attribute<float>(node, name, "FLOAT");
  return value == nullptr ? otherwise : *value;
}

std::string string_attribute(const Node& node, std::string_view name,
                             const std::string& otherwise) {
  const auto* value = typed_attribute<std::string>(node, name, "STRING");
  return value == nullptr ? otherwise : *value;
}

std::vector<std::int64_t> ints_attribute(const Node& node, std::string_view name,
                                         const std::vector<std::int64_t>& otherwise) {
  const auto* value = typed_attribute<std::vector<std::int64_t>>(node, name, "INTS");
  return value == nullptr ? otherwise : *value;
}

const Tensor* tensor_attribute(const Node& node, std::string_view name) {
  return typed_attribute<Tensor>(node, name, "TENSOR");
}

}  // namespace filigree::loader
