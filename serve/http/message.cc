#include "serve/http/message.h"

#include <algorithm>

namespace filigree::serve {
namespace {

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

}  // namespace

std::string_view HttpRequest::header(std::string_view name) const noexcept {
  for (const auto& [known, value] : headers)
    if (std::ranges::equal(known, name, {}, lower, lower)) return value;
  return {};
}

}  // namespace filigree::serve
