// Typed reading of one YAML map: every message has the line, what was found and what was expected.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "serve/config/yaml_tree.h"
#include "serve/json.h"

namespace filigree::serve {

// 'text', for messages; a long one is cut (serve/excerpt.h).
std::string quoted(std::string_view text);

class Fields {
 public:
  // Throws ConfigError when `map` is not a map. `what` names it in messages, for example
  // "endpoint".
  Fields(const YamlNode& map, std::string what, const std::string& file);

  // Throws ConfigError for a key that is not in `known`, naming the nearest one.
  void allow(std::span<const std::string_view> known) const;

  // The value, or nullptr when it is absent or null.
  const YamlNode* find(std::string_view key) const noexcept;
  std::size_t line_of(std::string_view key) const noexcept;  // of the map when the key is absent

  // Absent or null gives nullopt; another type throws ConfigError.
  std::optional<std::string> text(std::string_view key) const;
  std::optional<bool> boolean(std::string_view key) const;
  std::optional<std::size_t> count(std::string_view key, std::size_t minimum) const;
  // A sequence of texts, possibly empty.
  std::optional<std::vector<std::string>> texts(std::string_view key) const;
  // A count or a sequence of counts, of which the largest.
  std::optional<std::size_t> largest_count(std::string_view key, std::size_t minimum) const;

  const std::vector<std::pair<YamlNode, YamlNode>>& members() const noexcept {
    return map_.members;
  }
  const YamlNode& required(std::string_view key) const;

  // "serve.yaml:3: 'max_connections'", for messages made elsewhere.
  std::string place(std::string_view key) const;

  [[noreturn]] void fail(std::size_t line, const std::string& message) const;

 private:
  std::size_t read_count(std::string_view key, const YamlNode& node, std::size_t minimum) const;

  const YamlNode& map_;
  std::string what_;
  const std::string& file_;
};

// The node as YAML 1.1 types it: null, booleans, integers and reals unless quoted, else text.
Json to_json(const YamlNode& node);

// A JSON value as YAML reads it, all of it on line 1. Throws ConfigError when a key stands twice in
// one object, as of a `file`.
YamlNode yaml_node(const Json& value, const std::string& file);

}  // namespace filigree::serve
