#include "serve/http/message.h"

#include <algorithm>

#include "serve/http/trace_context.h"

namespace filigree::serve {
namespace {

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

}  // namespace

std::string_view HttpRequest::header(std::string_view name) const noexcept {
  for (const auto& [known, value] : headers)
    if (std::ranges::equal(known, name, {}, lower, lower)) return value;
  return {};
}

LogSubject HttpRequest::subject() const noexcept {
  return {.request_id = request_id, .trace_id = trace_id(traceparent)};
}

}  // namespace filigree::serve
