#include "serve/config/fields.h"

#include <algorithm>
#include <charconv>
#include <limits>
#include <vector>

#include "serve/config/config.h"
#include "serve/excerpt.h"
#include "serve/tasks/whole_number.h"

namespace filigree::serve {
namespace {

// Levenshtein distance.
std::size_t edits(std::string_view left, std::string_view right) {
  std::vector<std::size_t> row(right.size() + 1);
  for (std::size_t j = 0; j <= right.size(); ++j) row[j] = j;
  for (std::size_t i = 0; i < left.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i + 1;
    for (std::size_t j = 0; j < right.size(); ++j) {
      const std::size_t replaced = diagonal + (left[i] == right[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({row[j] + 1, row[j + 1] + 1, replaced});
    }
  }
  return row.back();
}

std::string suggestion(std::string_view key, std::span<const std::string_view> known) {
  constexpr std::size_t kFarthest = 3;
  // A key of unbounded length would make the distance quadratic in an untrusted size.
  constexpr std::size_t kLongest = 64;
  if (key.size() > kLongest || known.empty()) return {};
  const auto nearest = std::ranges::min_element(
      known, {}, [&](std::string_view candidate) { return edits(key, candidate); });
  if (edits(key, *nearest) > kFarthest) return {};
  return "; did you mean '" + std::string(*nearest) + "'";
}

std::optional<bool> as_boolean(const YamlNode& node) {
  if (node.kind != YamlNode::Kind::kScalar || node.quoted) return std::nullopt;
  std::string lower = node.scalar;
  std::ranges::transform(lower, lower.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? char(c - 'A' + 'a') : c; });
  if (lower == "true" || lower == "yes" || lower == "on") return true;
  if (lower == "false" || lower == "no" || lower == "off") return false;
  return std::nullopt;
}

template <class Number>
std::optional<Number> as_number(const YamlNode& node) {
  if (node.kind != YamlNode::Kind::kScalar || node.quoted) return std::nullopt;
  Number value{};
  const char* end = node.scalar.data() + node.scalar.size();
  const auto parsed = std::from_chars(node.scalar.data(), end, value);
  if (parsed.ec != std::errc() || parsed.ptr != end) return std::nullopt;
  return value;
}

}  // namespace

std::string quoted(std::string_view text) { return "'" + excerpt(text) + "'"; }

Fields::Fields(const YamlNode& map, std::string what, const std::string& file)
    : map_(map), what_(std::move(what)), file_(file) {
  if (map.kind != YamlNode::Kind::kMap)
    fail(map.line, what_ + " is " + describe(map) + ", expected a map of keys and values");
}

void Fields::allow(std::span<const std::string_view> known) const {
  for (const auto& [key, value] : map_.members)
    if (std::ranges::find(known, std::string_view(key.scalar)) == known.end())
      fail(key.line,
           what_ + " has the unknown key '" + key.scalar + "'" + suggestion(key.scalar, known));
}

const YamlNode* Fields::find(std::string_view key) const noexcept {
  const YamlNode* node = map_.find(key);
  return node == nullptr || node->kind == YamlNode::Kind::kNull ? nullptr : node;
}

std::size_t Fields::line_of(std::string_view key) const noexcept {
  const YamlNode* node = map_.find(key);
  return node == nullptr ? map_.line : node->line;
}

std::optional<std::string> Fields::text(std::string_view key) const {
  const YamlNode* node = find(key);
  if (node == nullptr) return std::nullopt;
  if (node->kind != YamlNode::Kind::kScalar)
    fail(node->line, quoted(key) + " is a " + describe(*node) + ", expected text");
  return node->scalar;
}

std::optional<bool> Fields::boolean(std::string_view key) const {
  const YamlNode* node = find(key);
  if (node == nullptr) return std::nullopt;
  const auto value = as_boolean(*node);
  if (!value) fail(node->line, quoted(key) + " is " + describe(*node) + ", expected true or false");
  return value;
}

std::optional<std::size_t> Fields::count(std::string_view key, std::size_t minimum) const {
  const YamlNode* node = find(key);
  if (node == nullptr) return std::nullopt;
  return read_count(key, *node, minimum);
}

std::optional<std::vector<std::string>> Fields::texts(std::string_view key) const {
  const YamlNode* node = find(key);
  if (node == nullptr) return std::nullopt;
  if (node->kind != YamlNode::Kind::kSequence)
    fail(node->line, quoted(key) + " is " + describe(*node) + ", expected a list of texts");
  std::vector<std::string> result;
  for (const YamlNode& item : node->items) {
    if (item.kind != YamlNode::Kind::kScalar)
      fail(item.line, quoted(key) + " has the item " + describe(item) + ", expected text");
    result.push_back(item.scalar);
  }
  return result;
}

std::optional<std::size_t> Fields::largest_count(std::string_view key, std::size_t minimum) const {
  const YamlNode* node = find(key);
  if (node == nullptr || node->kind != YamlNode::Kind::kSequence) return count(key, minimum);
  if (node->items.empty())
    fail(node->line, quoted(key) + " is empty, expected at least one number");
  std::size_t largest = 0;
  for (const YamlNode& item : node->items)
    largest = std::max(largest, read_count(key, item, minimum));
  return largest;
}

std::size_t Fields::read_count(std::string_view key, const YamlNode& node,
                               std::size_t minimum) const {
  constexpr std::size_t kMaximum = std::numeric_limits<std::int32_t>::max();
  const auto value = as_number<std::size_t>(node);
  if (!value || *value < minimum || *value > kMaximum)
    fail(node.line, quoted(key) + " is " + describe(node) + ", expected a whole number from " +
                        std::to_string(minimum) + " to " + std::to_string(kMaximum));
  return *value;
}

const YamlNode& Fields::required(std::string_view key) const {
  const YamlNode* node = find(key);
  if (node == nullptr) fail(line_of(key), what_ + " has no '" + std::string(key) + "'");
  return *node;
}

std::string Fields::place(std::string_view key) const {
  return file_ + ":" + std::to_string(line_of(key)) + ": " + quoted(key);
}

void Fields::fail(std::size_t line, const std::string& message) const {
  throw ConfigError(file_ + ":" + std::to_string(line) + ": " + message);
}

Json to_json(const YamlNode& node) {
  if (node.kind == YamlNode::Kind::kSequence) {
    Json array = Json::array({});
    for (const YamlNode& item : node.items) array.add(to_json(item));
    return array;
  }
  if (node.kind == YamlNode::Kind::kMap) {
    Json object = Json::object({});
    for (const auto& [key, value] : node.members) object.add(key.scalar, to_json(value));
    return object;
  }
  if (node.kind == YamlNode::Kind::kNull) return nullptr;
  if (const auto boolean = as_boolean(node)) return *boolean;
  if (const auto integer = as_number<std::int64_t>(node)) return *integer;
  if (const auto real = as_number<double>(node)) return *real;
  return node.scalar;
}

YamlNode yaml_node(const Json& value, const std::string& file) {
  YamlNode node;
  if (value.is_null()) return node;
  if (const auto* items = value.as_array()) {
    node.kind = YamlNode::Kind::kSequence;
    for (const Json& item : *items) node.items.push_back(yaml_node(item, file));
    return node;
  }
  if (const auto* members = value.as_object()) {
    node.kind = YamlNode::Kind::kMap;
    for (const auto& [key, member] : *members) {
      if (node.find(key) != nullptr)
        throw ConfigError(file + ": the key " + serve::quoted(key) + " stands twice");
      node.members.emplace_back(yaml_node(key, file), yaml_node(member, file));
    }
    return node;
  }
  node.kind = YamlNode::Kind::kScalar;
  const std::string* text = value.as_string();
  node.quoted = text != nullptr;
  const auto whole = whole_number(value);  // YAML's 1.0 is no whole number
  node.scalar = text != nullptr ? *text : to_text(whole ? Json(*whole) : value);
  return node;
}

}  // namespace filigree::serve
