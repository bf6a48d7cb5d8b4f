#include "tools/cli/json.h"

#include "tools/cli/errors.h"

namespace filigree::tools {
namespace {

std::string quoted(std::string_view name) { return std::string("'").append(name).append("'"); }

const Json& member(const Json& object, std::string_view name, const std::string& where,
                   const std::string& expected) {
  if (!object.is_object())
    throw InputError(where + ": found type " + std::string(object.type_name()) +
                     ", expected an object with " + quoted(name));
  const Json* found = object.find(name);
  if (found == nullptr)
    throw InputError(where + ": field " + quoted(name) + " is missing, expected " + expected);
  return *found;
}

[[noreturn]] void wrong_type(const Json& value, std::string_view name, const std::string& where,
                             const std::string& expected) {
  throw InputError(where + ": field " + quoted(name) + " has type " +
                   std::string(value.type_name()) + ", expected " + expected);
}

}  // namespace

Json json_of(std::string_view text, const std::string& where) {
  auto parsed = serve::parse_json(text);
  if (const auto* error = std::get_if<serve::JsonError>(&parsed))
    throw InputError(where + ": not JSON at byte " + std::to_string(error->offset) + ": " +
                     error->message);
  return std::get<Json>(std::move(parsed));
}

const std::string& string_member(const Json& object, std::string_view name,
                                 const std::string& where) {
  const Json& value = member(object, name, where, "a string");
  if (const std::string* text = value.as_string()) return *text;
  wrong_type(value, name, where, "a string");
}

const Json::Array& array_member(const Json& object, std::string_view name,
                                const std::string& where) {
  const Json& value = member(object, name, where, "an array");
  if (const Json::Array* items = value.as_array()) return *items;
  wrong_type(value, name, where, "an array");
}

bool is_blank(std::string_view line) noexcept {
  return line.find_first_not_of(" \t\r") == std::string_view::npos;
}

}  // namespace filigree::tools
