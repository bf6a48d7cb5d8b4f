// A YAML document as plain data with line numbers. The only code that touches yaml-cpp; it bounds
// what hostile documents can do (size, depth, aliases that multiply or loop).
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace filigree::serve {

struct YamlNode {
  enum class Kind { kNull, kScalar, kSequence, kMap };

  Kind kind = Kind::kNull;
  std::size_t line = 1;
  std::string scalar;
  bool quoted = false;          // a quoted scalar is a string, whatever it looks like
  std::vector<YamlNode> items;  // of a sequence
  std::vector<std::pair<YamlNode, YamlNode>> members;  // of a map: scalar key and value, in order

  const YamlNode* find(std::string_view key) const noexcept;  // nullptr: not there, or not a map
};

// "null", "sequence", "map", or the scalar in quotes.
std::string describe(const YamlNode& node);

// Throws ConfigError for text that is not one YAML document, a key that stands twice in one map
// (with both lines) or is not a scalar, more than 1 MiB, more than 64 levels or more than 20,000
// nodes after aliases are followed.
YamlNode parse_yaml(std::string_view text, const std::string& file_name);

}  // namespace filigree::serve
