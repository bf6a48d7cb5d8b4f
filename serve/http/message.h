// Requests and responses as plain data, and what answers them.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "runtime/engine.h"
#include "serve/log.h"

namespace filigree::serve {

// Names and values, in the order of the message.
using Headers = std::vector<std::pair<std::string, std::string>>;

struct HttpRequest {
  std::string method;
  std::string target;  // as sent: path and query, still percent-encoded
  std::string body;
  std::string request_id;  // the client's x-request-id when it is sane, else a fresh one
  Headers headers = {};
  std::string traceparent = {};  // of our part (continued_trace()); empty without the client's
  std::chrono::steady_clock::time_point begin = std::chrono::steady_clock::now();  // it was there

  // The value of the first header of this name, in whatever case; nullptr when there is none.
  const std::string* find_header(std::string_view name) const noexcept;
  // The same; empty when there is none.
  std::string_view header(std::string_view name) const noexcept;

  LogSubject subject() const noexcept;  // valid as long as the request
};

struct HttpResponse {
  int status = 200;
  std::string content_type = "application/json";
  Headers headers;  // without line ends in them
  std::string body;
};

// Called exactly once, from any thread.
using Reply = std::function<void(HttpResponse)>;

// Answers a request without blocking its caller, the network thread. The flag is set when the
// client goes away.
using Handler =
    std::function<void(HttpRequest, std::shared_ptr<runtime::CancelFlag>, const Reply&)>;

}  // namespace filigree::serve
