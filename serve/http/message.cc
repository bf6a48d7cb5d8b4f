#include "serve/http/message.h"

#include <algorithm>

#include "serve/http/trace_context.h"

namespace filigree::serve {
namespace {

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

}  // namespace

const std::string* HttpRequest::find_header(std::string_view name) const noexcept {
  for (const auto& [known, value] : headers)
    if (std::ranges::equal(known, name, {}, lower, lower)) return &value;
  return nullptr;
}

std::string_view HttpRequest::header(std::string_view name) const noexcept {
  const std::string* value = find_header(name);
  return value != nullptr ? std::string_view(*value) : std::string_view();
}

LogSubject HttpRequest::subject() const noexcept {
  return {.request_id = request_id, .trace_id = trace_id(traceparent)};
}

}  // namespace filigree::serve
