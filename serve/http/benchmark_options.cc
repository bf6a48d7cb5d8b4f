#include "serve/http/benchmark_options.h"

#include <optional>
#include <string>

#include "serve/tasks/whole_number.h"

namespace filigree::serve {
namespace {

class Members {
 public:
  Members(const Json& body, std::vector<FieldError>& errors) : body_(body), errors_(errors) {}

  // Nothing but `value`, for `reason`.
  void only(const std::string& name, const Json& value, const std::string& reason) {
    const Json* member = find(name);
    if (member == nullptr) return;
    const auto number = whole_number(*member);
    if (to_text(number ? Json(*number) : *member) != to_text(value))
      fail(name, "expected " + to_text(value) + ", found " + to_text(*member) + ": " + reason);
  }

  std::optional<double> number(const std::string& name, double least, double most) {
    const Json* member = find(name);
    if (member == nullptr) return std::nullopt;
    std::optional<double> value;
    if (const auto* integer = member->as_integer()) value = static_cast<double>(*integer);
    if (const auto* real = member->as_double()) value = *real;
    if (value && *value >= least && *value <= most) return value;
    fail(name, "expected a number from " + to_text(Json(least)) + " to " + to_text(Json(most)) +
                   ", found " + to_text(*member));
    return std::nullopt;
  }

 private:
  const Json* find(const std::string& name) const {
    const Json* member = body_.find(name);
    return member == nullptr || member->is_null() ? nullptr : member;
  }
  void fail(const std::string& name, const std::string& message) {
    errors_.push_back({{name}, message, "value_error"});
  }

  const Json& body_;
  std::vector<FieldError>& errors_;
};

}  // namespace

std::variant<BenchmarkOptions, std::vector<FieldError>> benchmark_options(const Json& body) {
  constexpr double kMostCharacters = 1e6;
  constexpr double kMostSeconds = 60;
  std::vector<FieldError> errors;
  if (!body.is_object()) {
    errors.push_back(
        {{}, "object expected, found " + std::string(body.type_name()), "type_error.dict"});
    return errors;
  }
  Members members(body, errors);
  members.only("data_type", "dummy", "the server reads no files for a request");
  members.only("batch_size", 1, "batches form from the requests that wait");
  members.only("num_streams", 1, "num_workers of the server are its streams");
  members.only("scenario", "sync", "filigree benchmark has the others");
  BenchmarkOptions options;
  if (const auto characters = members.number("gen_sequence_length", 1, kMostCharacters))
    options.characters = static_cast<std::size_t>(*characters);
  if (const auto time = members.number("warmup_time", 0, kMostSeconds))
    options.warmup_time = std::chrono::duration<double>(*time);
  if (const auto time = members.number("seconds_to_run", 0, kMostSeconds))
    options.run_time = std::chrono::duration<double>(*time);
  if (!errors.empty()) return errors;
  return options;
}

}  // namespace filigree::serve
