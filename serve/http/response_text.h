// Responses as bytes.
#pragma once

#include <string>
#include <string_view>

#include "serve/http/message.h"

namespace filigree::serve {

// What a response says beyond its own content.
struct ResponseContext {
  unsigned version = 11;  // of the request: 10 or 11
  enum class After { kKeepAlive, kClose } after = After::kKeepAlive;
  enum class Body { kWhole, kHeaderOnly } body = Body::kWhole;  // of HEAD: the length, no body
  std::string_view request_id;
  std::string_view traceparent = {};  // empty: none
};

// The whole message. Statuses 204 and 304 have neither body nor length. Thread-safe.
std::string response_text(const HttpResponse& response, const ResponseContext& context);

}  // namespace filigree::serve
