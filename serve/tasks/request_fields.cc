#include "serve/tasks/request_fields.h"

#include <array>
#include <charconv>
#include <utility>

namespace filigree::serve {

FieldError wrong_type(std::vector<FieldStep> location, const std::string& expected,
                      const Json& found, std::string type) {
  return {std::move(location), expected + " type expected, found " + std::string(found.type_name()),
          std::move(type)};
}

bool expect_object(const Json& request, const std::string& members, FieldErrors& errors) {
  if (request.is_object()) return true;
  errors.push_back(
      {{},
       "object with " + members + " expected, found " + std::string(request.type_name()),
       "type_error.dict"});
  return false;
}

const Json* required_member(const Json& request, const std::string& name, FieldErrors& errors) {
  const Json* member = request.find(name);
  if (member == nullptr) {
    errors.push_back({{name}, "field required", "value_error.missing"});
  } else if (member->is_null()) {
    errors.push_back({{name}, "none is not an allowed value", "type_error.none.not_allowed"});
    return nullptr;
  }
  return member;
}

std::optional<std::string> optional_text(const Json& request, const std::string& name,
                                         FieldErrors& errors) {
  const Json* member = request.find(name);
  if (member == nullptr || member->is_null()) return std::nullopt;
  if (const std::string* text = member->as_string()) return *text;
  errors.push_back(wrong_type({name}, "str", *member, "type_error.str"));
  return std::nullopt;
}

std::optional<bool> optional_boolean(const Json& request, const std::string& name,
                                     FieldErrors& errors) {
  const Json* member = request.find(name);
  if (member == nullptr || member->is_null()) return std::nullopt;
  if (const bool* value = member->as_bool()) return *value;
  errors.push_back(wrong_type({name}, "bool", *member, "type_error.bool"));
  return std::nullopt;
}

bool expect_usable_size(const Json::Array& list, const std::string& name, FieldErrors& errors) {
  if (list.empty()) {
    errors.push_back(
        {{name}, "ensure this value has at least 1 items", "value_error.list.min_items"});
  } else if (list.size() > kMostSequences) {
    errors.push_back({{name},
                      "ensure this value has at most " + std::to_string(kMostSequences) +
                          " items, found " + std::to_string(list.size()),
                      "value_error.list.max_items"});
  } else {
    return true;
  }
  return false;
}

Texts read_texts(const Json& value, const std::string& name, FieldErrors& errors) {
  Texts result;
  if (const std::string* text = value.as_string()) {
    result.texts.push_back(*text);
    return result;
  }
  result.is_list = true;
  const Json::Array* list = value.as_array();
  if (list == nullptr) {
    errors.push_back(wrong_type({name}, "str or list of str", value, "type_error.str"));
    return result;
  }
  if (!expect_usable_size(*list, name, errors)) return result;
  for (std::size_t i = 0; i < list->size(); ++i) {
    if (const std::string* text = (*list)[i].as_string())
      result.texts.push_back(*text);
    else
      errors.push_back(wrong_type({name, i}, "str", (*list)[i], "type_error.str"));
  }
  return result;
}

void add_warning(Json& answer, const std::string& warning) {
  if (!warning.empty()) answer.add("warning", warning);
}

double shortest(float value) {
  std::array<char, 32> text{};
  const auto written = std::to_chars(text.data(), text.data() + text.size(), value);
  double result = 0;
  std::from_chars(text.data(), written.ptr, result);
  return result;
}

}  // namespace filigree::serve
