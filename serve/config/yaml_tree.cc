#include "serve/config/yaml_tree.h"

#include <yaml-cpp/yaml.h>

#include "serve/config/config.h"
#include "serve/excerpt.h"

namespace filigree::serve {
namespace {

constexpr std::size_t kMaxBytes = 1 << 20;
constexpr std::size_t kMaxDepth = 64;
constexpr std::size_t kMaxNodes = 20'000;

std::string at(const std::string& file, std::size_t line) {
  return file + ":" + std::to_string(line) + ": ";
}

class Converter {
 public:
  explicit Converter(const std::string& file) : file_(file) {}

  YamlNode convert(const YAML::Node& source, std::size_t depth, std::size_t parent_line) {
    YamlNode node;
    // Nodes that the document leaves out (`key:`) have no mark of their own.
    const YAML::Mark mark = source.Mark();
    node.line = mark.is_null() ? parent_line : static_cast<std::size_t>(mark.line) + 1;
    if (depth > kMaxDepth)
      throw ConfigError(at(file_, node.line) + "nested deeper than " + std::to_string(kMaxDepth) +
                        " levels");
    if (++nodes_ > kMaxNodes)
      throw ConfigError(at(file_, node.line) + "more than " + std::to_string(kMaxNodes) +
                        " values, counting what aliases repeat");
    if (source.IsScalar()) {
      node.kind = YamlNode::Kind::kScalar;
      node.scalar = source.Scalar();
      node.quoted = source.Tag() == "!";
    } else if (source.IsSequence()) {
      node.kind = YamlNode::Kind::kSequence;
      for (const YAML::Node& item : source)
        node.items.push_back(convert(item, depth + 1, node.line));
    } else if (source.IsMap()) {
      node.kind = YamlNode::Kind::kMap;
      for (const auto& member : source) add_member(node, member.first, member.second, depth + 1);
    }
    return node;
  }

 private:
  void add_member(YamlNode& map, const YAML::Node& key, const YAML::Node& value,
                  std::size_t depth) {
    YamlNode name = convert(key, depth, map.line);
    if (name.kind != YamlNode::Kind::kScalar)
      throw ConfigError(at(file_, name.line) + "a key is a " + describe(name) +
                        ", expected a word");
    for (const auto& [other, unused] : map.members)
      if (other.scalar == name.scalar)
        throw ConfigError(at(file_, name.line) + "key '" + name.scalar +
                          "' is already given on line " + std::to_string(other.line));
    const std::size_t line = name.line;
    map.members.emplace_back(std::move(name), convert(value, depth, line));
  }

  const std::string& file_;
  std::size_t nodes_ = 0;
};

}  // namespace

const YamlNode* YamlNode::find(std::string_view key) const noexcept {
  for (const auto& [name, value] : members)
    if (name.scalar == key) return &value;
  return nullptr;
}

std::string describe(const YamlNode& node) {
  switch (node.kind) {
    case YamlNode::Kind::kNull:
      return "null";
    case YamlNode::Kind::kSequence:
      return "sequence";
    case YamlNode::Kind::kMap:
      return "map";
    case YamlNode::Kind::kScalar:
      break;
  }
  return "'" + excerpt(node.scalar) + "'";
}

YamlNode parse_yaml(std::string_view text, const std::string& file_name) {
  if (text.size() > kMaxBytes)
    throw ConfigError(file_name + ": has " + std::to_string(text.size()) +
                      " bytes, a configuration may have " + std::to_string(kMaxBytes));
  try {
    const std::vector<YAML::Node> documents = YAML::LoadAll(std::string(text));
    if (documents.size() > 1)
      throw ConfigError(file_name + ": has " + std::to_string(documents.size()) +
                        " YAML documents, expected one");
    if (documents.empty()) return {};
    return Converter(file_name).convert(documents.front(), 0, 1);
  } catch (const YAML::Exception& error) {
    const std::size_t line =
        error.mark.is_null() ? 1 : static_cast<std::size_t>(error.mark.line) + 1;
    throw ConfigError(at(file_name, line) + error.msg);
  }
}

}  // namespace filigree::serve
