// Who may ask: those who send one of the keys as `Authorization: Bearer KEY`.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "serve/http/message.h"

namespace filigree::serve {

// Immutable.
class ApiKeys {
 public:
  explicit ApiKeys(std::vector<std::string> keys) : keys_(std::move(keys)) {}  // none: all may ask

  bool needed() const noexcept { return !keys_.empty(); }

  // Takes the same time for every value of one length, so that keys cannot be found out byte by
  // byte. `authorization` is the value of the header.
  bool allow(std::string_view authorization) const noexcept;

 private:
  std::vector<std::string> keys_;
};

// 401 with WWW-Authenticate.
HttpResponse unauthorized_response();

}  // namespace filigree::serve
