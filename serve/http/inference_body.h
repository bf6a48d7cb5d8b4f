// The body of an inference request: JSON, and with Open Inference's binary extension bytes after
// it.
#pragma once

#include <string>
#include <string_view>
#include <variant>

#include "serve/http/message.h"

namespace filigree::serve {

struct InferenceBody {
  std::string_view json;
  std::string_view raw;
  bool has_header = false;  // the request has Inference-Header-Content-Length
};

// Views of request.body; or why the header does not fit to it.
std::variant<InferenceBody, std::string> inference_body(const HttpRequest& request);

// An answer whose bytes follow its JSON.
HttpResponse raw_response(std::string json, std::string_view bytes);

}  // namespace filigree::serve
