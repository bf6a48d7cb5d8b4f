#include "tests/serve/json_schema.h"

#include <algorithm>
#include <functional>
#include <map>
#include <optional>
#include <regex>
#include <stdexcept>

#include "serve/tasks/whole_number.h"

namespace filigree::serve {
namespace {

std::optional<double> number_of(const Json& value) {
  if (const auto* integer = value.as_integer()) return static_cast<double>(*integer);
  if (const auto* real = value.as_double()) return *real;
  return std::nullopt;
}

bool has_type(const Json& value, const std::string& type) {
  if (type == "integer") return whole_number(value).has_value();
  return value.type_name() == type;
}

bool equal(const Json& a, const Json& b) {
  const auto number = number_of(a);
  return number ? number == number_of(b) : to_text(a) == to_text(b);
}

// One value and one schema.
class Check {
 public:
  Check(const Json& document, const Json& value, std::string at)
      : document_(document), value_(value), at_(std::move(at)) {}

  std::string errors(const Json& schema) {
    if (!schema.is_object()) throw std::runtime_error(at_ + ": schema " + to_text(schema));
    for (const auto& [keyword, operand] : *schema.as_object()) apply(keyword, operand, schema);
    return errors_;
  }

 private:
  using Rule = void (Check::*)(const Json& operand);

  void apply(const std::string& keyword, const Json& operand, const Json& schema) {
    static const std::map<std::string, Rule> kRules = {
        {"$ref", &Check::reference},     {"type", &Check::type},
        {"enum", &Check::one_of},        {"const", &Check::constant},
        {"required", &Check::required},  {"properties", &Check::properties},
        {"items", &Check::items},        {"anyOf", &Check::any_of},
        {"allOf", &Check::all_of},       {"minItems", &Check::min_items},
        {"maxItems", &Check::max_items}, {"minimum", &Check::minimum},
        {"maximum", &Check::maximum},    {"pattern", &Check::pattern}};
    if (keyword == "description" || keyword == "default") return;
    if (keyword == "additionalProperties") return additional(operand, schema);
    const auto rule = kRules.find(keyword);
    if (rule == kRules.end()) throw std::runtime_error(at_ + ": keyword " + keyword);
    (this->*rule->second)(operand);
  }

  void fail(const std::string& message) {
    errors_.append(errors_.empty() ? "" : "; ").append(at_).append(": ").append(message);
  }
  void expect(bool holds, const std::string& expected) {
    if (!holds) fail(to_text(value_) + " is not " + expected);
  }
  void inner(const Json& schema, const Json& value, const std::string& step) {
    const std::string found = schema_errors(document_, schema, value, at_ + "/" + step);
    if (!found.empty()) errors_.append(errors_.empty() ? "" : "; ").append(found);
  }

  void reference(const Json& operand) {
    const Json* schema = referred(document_, *operand.as_string());
    if (schema == nullptr) throw std::runtime_error(at_ + ": no " + *operand.as_string());
    errors(*schema);
  }
  void type(const Json& operand) {
    const Json::Array single = {operand};
    const Json::Array& types = operand.as_array() ? *operand.as_array() : single;
    expect(std::ranges::any_of(types,
                               [&](const Json& name) {
                                 return has_type(value_, *name.as_string()) ||
                                        (*name.as_string() == "number" && number_of(value_));
                               }),
           to_text(operand));
  }
  void one_of(const Json& operand) {
    expect(std::ranges::any_of(*operand.as_array(),
                               [&](const Json& known) { return equal(known, value_); }),
           "one of " + to_text(operand));
  }
  void constant(const Json& operand) { expect(equal(operand, value_), to_text(operand)); }
  void required(const Json& operand) {
    if (!value_.is_object()) return;
    for (const Json& name : *operand.as_array())
      if (value_.find(*name.as_string()) == nullptr) fail(*name.as_string() + " is missing");
  }
  void properties(const Json& operand) {
    if (!value_.is_object()) return;
    for (const auto& [name, schema] : *operand.as_object())
      if (const Json* member = value_.find(name)) inner(schema, *member, name);
  }
  void additional(const Json& operand, const Json& schema) {
    if (operand.as_bool() == nullptr || *operand.as_bool())
      throw std::runtime_error(at_ + ": additionalProperties " + to_text(operand));
    if (!value_.is_object()) return;
    for (const auto& [name, member] : *value_.as_object())
      if (schema.find("properties")->find(name) == nullptr) fail(name + " is not expected");
  }
  void items(const Json& operand) {
    if (const auto* list = value_.as_array())
      for (std::size_t i = 0; i < list->size(); ++i) inner(operand, (*list)[i], std::to_string(i));
  }
  void any_of(const Json& operand) {
    std::string all;
    for (const Json& schema : *operand.as_array()) {
      const std::string found = schema_errors(document_, schema, value_, at_);
      if (found.empty()) return;
      all.append(all.empty() ? "" : " or ").append(found);
    }
    fail("none of anyOf: " + all);
  }
  void all_of(const Json& operand) {
    for (const Json& schema : *operand.as_array()) errors(schema);
  }
  void min_items(const Json& operand) {
    const auto* list = value_.as_array();
    expect(!list || static_cast<double>(list->size()) >= *number_of(operand), "long enough");
  }
  void max_items(const Json& operand) {
    const auto* list = value_.as_array();
    expect(!list || static_cast<double>(list->size()) <= *number_of(operand), "short enough");
  }
  void minimum(const Json& operand) {
    const auto number = number_of(value_);
    expect(!number || *number >= *number_of(operand), "at least " + to_text(operand));
  }
  void maximum(const Json& operand) {
    const auto number = number_of(value_);
    expect(!number || *number <= *number_of(operand), "at most " + to_text(operand));
  }
  void pattern(const Json& operand) {
    if (const std::string* text = value_.as_string())
      expect(std::regex_search(*text, std::regex(*operand.as_string())), to_text(operand));
  }

  const Json& document_;
  const Json& value_;
  const std::string at_;
  std::string errors_;
};

}  // namespace

std::string schema_errors(const Json& document, const Json& schema, const Json& value,
                          const std::string& at) {
  return Check(document, value, at).errors(schema);
}

const Json* referred(const Json& document, const std::string& reference) {
  if (!reference.starts_with("#/")) return nullptr;
  const Json* part = &document;
  for (std::size_t begin = 2; part != nullptr && begin <= reference.size();) {
    const std::size_t end = std::min(reference.find('/', begin), reference.size());
    part = part->find(reference.substr(begin, end - begin));
    begin = end + 1;
  }
  return part;
}

}  // namespace filigree::serve
