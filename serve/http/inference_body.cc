#include "serve/http/inference_body.h"

#include <charconv>
#include <utility>

namespace filigree::serve {
namespace {

constexpr const char* kLength = "Inference-Header-Content-Length";

}  // namespace

std::variant<InferenceBody, std::string> inference_body(const HttpRequest& request) {
  const std::string_view body = request.body;
  const std::string_view text = request.header(kLength);
  if (text.empty()) return InferenceBody{.json = body, .raw = {}};
  std::size_t length = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), length);
  if (error != std::errc() || end != text.data() + text.size() || length > body.size())
    return std::string(kLength) + " is '" + std::string(text) +
           "', expected the bytes of JSON at the beginning of a body of " +
           std::to_string(body.size());
  return InferenceBody{
      .json = body.substr(0, length), .raw = body.substr(length), .has_header = true};
}

HttpResponse raw_response(std::string json, std::string_view bytes) {
  HttpResponse response;
  response.content_type = "application/octet-stream";
  response.headers.emplace_back(kLength, std::to_string(json.size()));
  response.body = std::move(json);
  response.body.append(bytes);
  return response;
}

}  // namespace filigree::serve
