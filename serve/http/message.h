// Requests and responses as plain data, and what answers them.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "runtime/engine.h"

namespace filigree::serve {

struct HttpRequest {
  std::string method;
  std::string target;  // as sent: path and query, still percent-encoded
  std::string body;
  std::string request_id;  // the client's x-request-id when it is sane, else a fresh one
};

struct HttpResponse {
  int status = 200;
  std::string content_type = "application/json";
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
};

// Called exactly once, from any thread.
using Reply = std::function<void(HttpResponse)>;

// Answers a request without blocking its caller, the network thread. The flag is set when the
// client goes away.
using Handler =
    std::function<void(HttpRequest, std::shared_ptr<runtime::CancelFlag>, const Reply&)>;

}  // namespace filigree::serve
