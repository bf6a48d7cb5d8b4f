#include "serve/config/yaml_text.h"

#include <algorithm>

namespace filigree::serve {
namespace {

bool is_plain_key(const std::string& key) {
  return !key.empty() &&
         std::ranges::all_of(key, [](char c) { return (c >= 'a' && c <= 'z') || c == '_'; }) &&
         key != "null" && key != "true" && key != "false" && key != "yes" && key != "no" &&
         key != "on" && key != "off";
}

Json without_nulls(const Json& value) {
  if (const auto* array = value.as_array()) {
    Json items = Json::array({});
    for (const Json& item : *array) items.add(without_nulls(item));
    return items;
  }
  const auto* object = value.as_object();
  if (object == nullptr) return value;
  Json members = Json::object({});
  for (const auto& [key, member] : *object)
    if (!member.is_null()) members.add(key, without_nulls(member));
  return members;
}

// Text that JSON writes in quotes is the same in YAML, and an empty container is written as in
// JSON.
bool is_inline(const Json& value) {
  if (const auto* object = value.as_object()) return object->empty();
  if (const auto* array = value.as_array()) return array->empty();
  return true;
}

class Writer {
 public:
  // `value` in lines of their own that begin with `indent` spaces; the first one has begun when it
  // follows "- ".
  enum class First { kNewLine, kBegun };

  void write(const Json& value, std::size_t indent, First first) {
    if (is_inline(value)) {
      text_ += to_text(value) + "\n";
      return;
    }
    if (const auto* object = value.as_object())
      for (const auto& [key, member] : *object) {
        begin(indent, first);
        text_ += (is_plain_key(key) ? key : to_text(Json(key))) + ":";
        write_after_key(member, indent);
      }
    else
      for (const Json& item : *value.as_array()) {
        begin(indent, first);
        text_ += "- ";
        write(item, indent + 2, First::kBegun);
      }
  }

  std::string take() { return std::move(text_); }

 private:
  void begin(std::size_t indent, First& first) {
    if (first == First::kNewLine) text_.append(indent, ' ');
    first = First::kNewLine;
  }

  void write_after_key(const Json& member, std::size_t indent) {
    text_ += is_inline(member) ? " " : "\n";
    write(member, indent + 2, First::kNewLine);
  }

  std::string text_;
};

}  // namespace

std::string to_yaml(const Json& value) {
  Writer writer;
  writer.write(without_nulls(value), 0, Writer::First::kNewLine);
  return writer.take();
}

}  // namespace filigree::serve
