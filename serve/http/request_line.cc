#include "serve/http/request_line.h"

#include <algorithm>

namespace filigree::serve {

RequestLine request_line(std::string_view bytes) noexcept {
  constexpr std::size_t kLongestMethod = 32;
  const std::string_view line = bytes.substr(0, bytes.find_first_of("\r\n"));
  const std::size_t space = line.find(' ');
  if (space == std::string_view::npos || space == 0 || space > kLongestMethod) return {};
  const std::string_view method = line.substr(0, space);
  if (!std::ranges::all_of(method, [](char c) { return c >= 'A' && c <= 'Z'; })) return {};
  const std::string_view rest = line.substr(space + 1);
  return {method, rest.substr(0, rest.find(' '))};
}

}  // namespace filigree::serve
