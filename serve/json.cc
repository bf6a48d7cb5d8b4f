#include "serve/json.h"

#include <rapidjson/error/en.h>
#include <rapidjson/memorystream.h>
#include <rapidjson/reader.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <charconv>
#include <cmath>
#include <limits>

#include "tokenizer/utf8.h"

namespace filigree::serve {
namespace {

constexpr std::size_t kMaxDepth = 64;

// Builds the value bottom up: open containers wait on a stack, so depth costs no recursion.
class Builder : public rapidjson::BaseReaderHandler<rapidjson::UTF8<>, Builder> {
 public:
  bool Null() { return put(nullptr); }
  bool Bool(bool value) { return put(value); }
  bool Int(int value) { return put(value); }
  bool Uint(unsigned value) { return put(std::int64_t{value}); }
  bool Int64(std::int64_t value) { return put(value); }
  bool Uint64(std::uint64_t value) { return put(static_cast<std::size_t>(value)); }
  bool Double(double value) { return put(value); }
  bool String(const char* text, rapidjson::SizeType length, bool) {
    return put(std::string(text, length));
  }
  bool StartObject() { return open(Json::Object{}); }
  bool StartArray() { return open(Json::Array{}); }
  bool Key(const char* text, rapidjson::SizeType length, bool) {
    open_.back().key.assign(text, length);
    return true;
  }
  bool EndObject(rapidjson::SizeType) { return close(); }
  bool EndArray(rapidjson::SizeType) { return close(); }

  Json take() { return std::move(result_); }

 private:
  struct Container {
    Json value;
    std::string key;  // of the next member, when an object
  };

  bool put(Json value) {
    if (open_.empty())
      result_ = std::move(value);
    else if (open_.back().value.is_object())
      open_.back().value.add(std::move(open_.back().key), std::move(value));
    else
      open_.back().value.add(std::move(value));
    return true;
  }
  bool open(Json container) {
    if (open_.size() == kMaxDepth) return false;
    open_.push_back({std::move(container), {}});
    return true;
  }
  bool close() {
    Json done = std::move(open_.back().value);
    open_.pop_back();
    return put(std::move(done));
  }

  std::vector<Container> open_;
  Json result_;
};

std::string message_of(rapidjson::ParseErrorCode code) {
  switch (code) {
    case rapidjson::kParseErrorTermination:
      return "nested deeper than " + std::to_string(kMaxDepth) + " levels";
    case rapidjson::kParseErrorStringInvalidEncoding:
      return "invalid UTF-8";
    case rapidjson::kParseErrorStringUnicodeSurrogateInvalid:
      return "escape is one half of a surrogate pair";
    default: {
      std::string text = rapidjson::GetParseError_En(code);
      if (!text.empty() && text.back() == '.') text.pop_back();
      return text;
    }
  }
}

JsonError error_at(std::string_view text, std::size_t offset, std::string message) {
  const std::string_view before = text.substr(0, offset);
  const std::size_t line_start = before.rfind('\n') + 1;  // npos + 1 is 0
  const auto begins_code_point = [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U;
  };
  const auto count = [](auto number) { return static_cast<std::size_t>(number); };
  return {.offset = offset,
          .message = std::move(message),
          .line = 1 + count(std::ranges::count(before, '\n')),
          .column = 1 + count(std::ranges::count_if(before.substr(line_start), begins_code_point))};
}

using Writer = rapidjson::Writer<rapidjson::StringBuffer>;

void write(Writer& writer, const Json& value);

std::string with_replacements(const std::string& text) {
  std::string valid;
  for (std::size_t at = 0; at < text.size();) {
    const tokenizer::DecodedCodePoint next = tokenizer::decode_utf8(text, at);
    if (next.valid)
      valid.append(text, at, next.bytes);
    else
      valid.append("\xEF\xBF\xBD");
    at += next.bytes;
  }
  return valid;
}

void write_string(Writer& writer, const std::string& text) {
  if (tokenizer::first_invalid_utf8(text)) return write_string(writer, with_replacements(text));
  writer.String(text.data(), static_cast<rapidjson::SizeType>(text.size()));
}

void write_object(Writer& writer, const Json::Object& object) {
  writer.StartObject();
  for (const auto& [name, member] : object) {
    write_string(writer, name);
    write(writer, member);
  }
  writer.EndObject();
}

void write_array(Writer& writer, const Json::Array& array) {
  writer.StartArray();
  for (const Json& item : array) write(writer, item);
  writer.EndArray();
}

// RapidJSON's own way is not always the shortest.
void write_double(Writer& writer, double value) {
  std::array<char, 32> text{};
  auto* end = std::to_chars(text.data(), text.data() + text.size() - 2, value).ptr;
  const std::string_view written(text.data(), static_cast<std::size_t>(end - text.data()));
  if (written.find_first_of(".e") == std::string_view::npos) {
    *end++ = '.';
    *end++ = '0';
  }
  writer.RawValue(text.data(), static_cast<std::size_t>(end - text.data()), rapidjson::kNumberType);
}

void write(Writer& writer, const Json& value) {
  if (const auto* object = value.as_object()) return write_object(writer, *object);
  if (const auto* array = value.as_array()) return write_array(writer, *array);
  if (const auto* text = value.as_string()) return write_string(writer, *text);
  if (const auto* number = value.as_integer())
    writer.Int64(*number);
  else if (const auto* real = value.as_double(); real != nullptr && std::isfinite(*real))
    write_double(writer, *real);
  else if (const auto* boolean = value.as_bool())
    writer.Bool(*boolean);
  else
    writer.Null();
}

}  // namespace

Json::Json(std::size_t value) {
  if (value <= static_cast<std::size_t>(std::numeric_limits<std::int64_t>::max()))
    value_ = static_cast<std::int64_t>(value);
  else
    value_ = static_cast<double>(value);
}

const Json* Json::find(std::string_view name) const noexcept {
  const Object* object = as_object();
  if (object == nullptr) return nullptr;
  for (auto member = object->rbegin(); member != object->rend(); ++member)
    if (member->first == name) return &member->second;
  return nullptr;
}

std::string_view Json::type_name() const noexcept {
  constexpr std::string_view kNames[] = {"null",   "boolean", "number", "number",
                                         "string", "array",   "object"};
  return kNames[value_.index()];
}

void Json::add(std::string name, Json value) {
  assert(is_object());
  std::get<Object>(value_).emplace_back(std::move(name), std::move(value));
}

void Json::add(Json value) {
  assert(as_array() != nullptr);
  std::get<Array>(value_).push_back(std::move(value));
}

std::variant<Json, JsonError> parse_json(std::string_view text) {
  constexpr unsigned kFlags = rapidjson::kParseValidateEncodingFlag |
                              rapidjson::kParseFullPrecisionFlag | rapidjson::kParseIterativeFlag;
  rapidjson::MemoryStream stream(text.data(), text.size());
  rapidjson::Reader reader;
  Builder builder;
  const auto outcome = reader.Parse<kFlags>(stream, builder);
  if (outcome.IsError()) return error_at(text, outcome.Offset(), message_of(outcome.Code()));
  return builder.take();
}

std::string place_of(const JsonError& error) {
  return "at byte " + std::to_string(error.offset) + " (line " + std::to_string(error.line) +
         ", column " + std::to_string(error.column) + ")";
}

std::string to_text(const Json& value) {
  rapidjson::StringBuffer buffer;
  Writer writer(buffer);
  write(writer, value);
  return {buffer.GetString(), buffer.GetSize()};
}

}  // namespace filigree::serve
