#include "tokenizer/json_node.h"

#include <rapidjson/document.h>
#include <rapidjson/error/en.h>

#include <algorithm>
#include <set>
#include <stdexcept>
#include <utility>

#include "tokenizer/utf8.h"

namespace filigree::tokenizer {
namespace {

constexpr std::size_t kQuotedBytes = 60;  // of a text in a message

std::string_view view(const rapidjson::Value& text) {
  return {text.GetString(), text.GetStringLength()};
}

std::string quoted(std::string_view text) {
  std::string result = "\"";
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t bytes = decode_utf8(text, at).bytes;
    if (at + bytes > kQuotedBytes) return result + "...\"";
    const auto byte = static_cast<unsigned char>(text[at]);
    if (byte < 0x20 || byte == 0x7F)
      result += '?';  // a control character would garble the log
    else
      result.append(text, at, bytes);
    at += bytes;
  }
  return result + "\"";
}

}  // namespace

bool JsonNode::is_null() const noexcept { return value_->IsNull(); }
bool JsonNode::is_object() const noexcept { return value_->IsObject(); }
bool JsonNode::is_text() const noexcept { return value_->IsString(); }

bool JsonNode::boolean() const {
  if (!value_->IsBool()) fail("true or false");
  return value_->GetBool();
}

std::int64_t JsonNode::integer(std::int64_t low, std::int64_t high) const {
  if (!value_->IsInt64() || value_->GetInt64() < low || value_->GetInt64() > high)
    fail("an integer from " + std::to_string(low) + " to " + std::to_string(high));
  return value_->GetInt64();
}

std::string JsonNode::text() const {
  if (!value_->IsString()) fail("a string");
  return std::string(view(*value_));
}

std::string JsonNode::text_of(std::initializer_list<std::string_view> expected) const {
  std::string list;
  for (const std::string_view name : expected) {
    if (value_->IsString() && view(*value_) == name) return std::string(name);
    list += (list.empty() ? "" : " or ") + quoted(name);
  }
  fail(list);
}

JsonNode JsonNode::member(std::string_view name) const {
  const std::optional<JsonNode> node = find(name);
  if (!node) fail("no member " + quoted(name), "one");
  return *node;
}

std::optional<JsonNode> JsonNode::find(std::string_view name) const {
  if (!value_->IsObject()) fail("an object");
  const rapidjson::Value key(name.data(), static_cast<rapidjson::SizeType>(name.size()));
  const auto entry = value_->FindMember(key);
  if (entry == value_->MemberEnd()) return std::nullopt;
  return JsonNode(entry->value, *file_, path_of(name));
}

void JsonNode::only(std::initializer_list<std::string_view> names) const {
  if (!value_->IsObject()) fail("an object");
  std::string list;
  for (const std::string_view name : names) list += (list.empty() ? "" : ", ") + std::string(name);
  std::set<std::string_view> seen;
  for (const auto& entry : value_->GetObject()) {
    const std::string_view name = view(entry.name);
    if (std::find(names.begin(), names.end(), name) == names.end())
      fail("a member " + quoted(name), "only " + list);
    if (!seen.insert(name).second) fail("two members " + quoted(name), "one");
  }
}

std::vector<JsonNode> JsonNode::elements() const {
  if (!value_->IsArray()) fail("an array");
  std::vector<JsonNode> result;
  for (const auto& element : value_->GetArray())
    result.emplace_back(element, *file_, path_ + "[" + std::to_string(result.size()) + "]");
  return result;
}

void JsonNode::each_integer(
    std::int64_t low, std::int64_t high,
    const std::function<std::string(std::string name, std::int64_t)>& visit) const {
  if (!value_->IsObject()) fail("an object");
  for (const auto& entry : value_->GetObject()) {
    const std::string_view name = view(entry.name);
    // Made only on failure: a vocabulary has many members.
    const auto node = [&] {
      return JsonNode(entry.value, *file_, path_ + "[" + quoted(name) + "]");
    };
    if (!entry.value.IsInt64() || entry.value.GetInt64() < low || entry.value.GetInt64() > high)
      node().integer(low, high);
    const std::string problem = visit(std::string(name), entry.value.GetInt64());
    if (!problem.empty()) node().fail(problem);
  }
}

void JsonNode::fail(const std::string& expected) const { fail(found(), expected); }

void JsonNode::fail(const std::string& found, const std::string& expected) const {
  throw std::runtime_error(*file_ + ": " + (path_.empty() ? "" : path_ + ": ") + "found " + found +
                           ", expected " + expected);
}

std::string JsonNode::found() const {
  switch (value_->GetType()) {
    case rapidjson::kNullType:
      return "null";
    case rapidjson::kFalseType:
      return "false";
    case rapidjson::kTrueType:
      return "true";
    case rapidjson::kObjectType:
      return "an object";
    case rapidjson::kArrayType:
      return "an array of " + std::to_string(value_->Size());
    case rapidjson::kStringType:
      return quoted(view(*value_));
    case rapidjson::kNumberType:
      break;
  }
  if (value_->IsInt64()) return std::to_string(value_->GetInt64());
  if (value_->IsUint64()) return std::to_string(value_->GetUint64());
  return std::to_string(value_->GetDouble());
}

std::string JsonNode::path_of(std::string_view member) const {
  return path_.empty() ? std::string(member) : path_ + "." + std::string(member);
}

JsonFile::JsonFile(std::string_view json, std::string file_name)
    : file_name_(std::move(file_name)), document_(std::make_unique<rapidjson::Document>()) {
  const std::string text = replace_invalid_utf8(json);
  // Iterative: nesting in an untrusted file must not exhaust the stack.
  document_->Parse<rapidjson::kParseIterativeFlag>(text.data(), text.size());
  if (document_->HasParseError())
    throw std::runtime_error(
        file_name_ + ": offset " + std::to_string(document_->GetErrorOffset()) +
        ": found no valid JSON (" + rapidjson::GetParseError_En(document_->GetParseError()) +
        "), expected one JSON object");
}

JsonFile::~JsonFile() = default;

JsonNode JsonFile::root() const { return {*document_, file_name_, ""}; }

}  // namespace filigree::tokenizer
