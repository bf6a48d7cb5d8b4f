// JSON values, read from untrusted text and written back. RapidJSON is used here and nowhere else.
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace filigree::serve {

// A value. Objects keep the order of their members.
class Json {
 public:
  using Array = std::vector<Json>;
  using Member = std::pair<std::string, Json>;
  using Object = std::vector<Member>;

  Json() noexcept : value_(nullptr) {}
  Json(std::nullptr_t) noexcept : value_(nullptr) {}
  Json(bool value) noexcept : value_(value) {}
  Json(int value) noexcept : value_(std::int64_t{value}) {}
  Json(std::int64_t value) noexcept : value_(value) {}
  Json(std::size_t value);  // a double when it does not fit into 63 bits
  Json(double value) noexcept : value_(value) {}
  Json(const char* value) : value_(std::string(value)) {}
  Json(std::string_view value) : value_(std::string(value)) {}
  Json(std::string value) noexcept : value_(std::move(value)) {}
  Json(Array value) noexcept : value_(std::move(value)) {}
  Json(Object value) noexcept : value_(std::move(value)) {}

  static Json object(std::initializer_list<Member> members) { return Json(Object(members)); }
  static Json array(std::initializer_list<Json> items) { return Json(Array(items)); }

  bool is_null() const noexcept { return std::holds_alternative<std::nullptr_t>(value_); }
  bool is_object() const noexcept { return std::holds_alternative<Object>(value_); }

  // The value as that type, or nullptr when it is of another one.
  const bool* as_bool() const noexcept { return std::get_if<bool>(&value_); }
  const std::int64_t* as_integer() const noexcept { return std::get_if<std::int64_t>(&value_); }
  const double* as_double() const noexcept { return std::get_if<double>(&value_); }
  const std::string* as_string() const noexcept { return std::get_if<std::string>(&value_); }
  const Array* as_array() const noexcept { return std::get_if<Array>(&value_); }
  const Object* as_object() const noexcept { return std::get_if<Object>(&value_); }

  // The last member called `name` of an object (as Python reads duplicates), or nullptr.
  const Json* find(std::string_view name) const noexcept;

  // "null", "boolean", "number", "string", "array", "object".
  std::string_view type_name() const noexcept;

  // Appends. Precondition: this is an object / an array.
  void add(std::string name, Json value);
  void add(Json value);

 private:
  std::variant<std::nullptr_t, bool, std::int64_t, double, std::string, Array, Object> value_;
};

struct JsonError {
  std::size_t offset = 0;  // bytes from the start of the text
  std::string message;
  std::size_t line = 1, column = 1;  // of the offset, from 1; columns are code points
};

// "at byte 13 (line 2, column 5)", for messages.
std::string place_of(const JsonError& error);

// Strict JSON: one value, valid UTF-8 (also no lone surrogate escapes), at most 64 levels deep.
std::variant<Json, JsonError> parse_json(std::string_view text);

// Without white space, always valid JSON and valid UTF-8; doubles as the shortest text that reads
// as the same value, with a point or an exponent. A number that JSON cannot write (NaN, infinity)
// becomes null, an ill-formed part of a string (a file name, say) becomes U+FFFD.
std::string to_text(const Json& value);

}  // namespace filigree::serve
