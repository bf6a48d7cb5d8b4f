#include "serve/http/request_timeout.h"

#include <algorithm>
#include <charconv>
#include <string>

#include "serve/tasks/whole_number.h"

namespace filigree::serve {
namespace {

using std::chrono::microseconds;

constexpr std::int64_t kMicroseconds = 1000;  // of a millisecond
constexpr std::int64_t kDay = std::int64_t{24} * 60 * 60 * 1000;
constexpr const char* kHeader = "x-request-timeout-ms";

class TimeoutReader {
 public:
  // `scale`: microseconds of one unit.
  void read(const Json& object, std::vector<FieldStep> location, std::int64_t scale) {
    const Json* member = object.find(std::get<std::string>(location.back()));
    if (member == nullptr || member->is_null()) return;
    const auto value = whole_number(*member);
    if (value && is_possible(*value, scale)) return take(*value * scale);
    fail(std::move(location), to_text(*member), scale);
  }

  void read_header(const std::string& text) {
    std::int64_t value = -1;
    const char* end = text.data() + text.size();
    const auto read = std::from_chars(text.data(), end, value);
    if (read.ec == std::errc() && read.ptr == end && is_possible(value, kMicroseconds))
      return take(value * kMicroseconds);
    fail({"header", kHeader}, text.empty() ? "empty" : text, kMicroseconds);
  }

  RequestTimeout shortest(std::chrono::milliseconds fallback) const {
    if (shortest_) return shortest_;
    if (is_given_ || fallback == fallback.zero()) return std::nullopt;
    return fallback;
  }

  std::vector<FieldError>& errors() { return errors_; }

 private:
  static bool is_possible(std::int64_t value, std::int64_t scale) {
    return value >= 0 && value <= kDay * kMicroseconds / scale;
  }

  void take(std::int64_t value) {
    is_given_ = true;
    if (value == 0) return;
    shortest_ = std::min(shortest_.value_or(microseconds::max()), microseconds(value));
  }

  void fail(std::vector<FieldStep> location, const std::string& found, std::int64_t scale) {
    const std::string unit = scale == 1 ? "micro" : "milli";
    errors_.push_back({std::move(location),
                       "is " + found + ", expected a whole number of " + unit +
                           "seconds from 0 to " + std::to_string(kDay * kMicroseconds / scale),
                       "value_error"});
  }

  RequestTimeout shortest_;
  bool is_given_ = false;
  std::vector<FieldError> errors_;
};

}  // namespace

std::variant<RequestTimeout, std::vector<FieldError>> request_timeout(
    const HttpRequest& request, const Json& body, std::chrono::milliseconds fallback) {
  TimeoutReader reader;
  if (const std::string* header = request.find_header(kHeader)) reader.read_header(*header);
  reader.read(body, {"timeout_ms"}, kMicroseconds);
  if (const Json* parameters = body.find("parameters")) {
    reader.read(*parameters, {"parameters", "timeout_ms"}, kMicroseconds);
    reader.read(*parameters, {"parameters", "timeout"}, 1);
  }
  if (!reader.errors().empty()) return std::move(reader.errors());
  return reader.shortest(fallback);
}

}  // namespace filigree::serve
