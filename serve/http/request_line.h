// What can be told of a request that is refused before it could be parsed.
#pragma once

#include <string_view>

namespace filigree::serve {

struct RequestLine {
  std::string_view method;
  std::string_view target;  // as far as it has come
};

// Of the bytes that a message begins with; both empty when that is no method and a space. Points
// into `bytes`.
RequestLine request_line(std::string_view bytes) noexcept;

}  // namespace filigree::serve
