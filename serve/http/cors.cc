#include "serve/http/cors.h"

#include <algorithm>
#include <utility>

#include "serve/http/errors.h"

namespace filigree::serve {
namespace {

constexpr const char* kExposed =
    "x-request-id, x-total-time, x-tokenization-time, x-queue-time, x-inference-time, "
    "x-compute-tokens, retry-after, traceparent";
constexpr const char* kMethods = "GET, HEAD, POST, DELETE";
constexpr const char* kMaxAgeSeconds = "600";

void append(HttpResponse& response, Headers headers) {
  for (auto& header : headers) response.headers.push_back(std::move(header));
}

}  // namespace

Cors::Cors(std::vector<std::string> origins)
    : origins_(std::move(origins)), any_(std::ranges::find(origins_, "*") != origins_.end()) {}

bool Cors::allows(std::string_view origin) const {
  return any_ || std::ranges::find(origins_, origin) != origins_.end();
}

Headers Cors::headers_for(std::string_view origin) const {
  if (origins_.empty()) return {};
  if (any_)
    return {{"Access-Control-Allow-Origin", "*"}, {"Access-Control-Expose-Headers", kExposed}};
  // The same path has other headers for other origins: caches must know.
  Headers headers = {{"Vary", "Origin"}};
  if (origin.empty() || !allows(origin)) return headers;
  headers.emplace_back("Access-Control-Allow-Origin", std::string(origin));
  headers.emplace_back("Access-Control-Expose-Headers", kExposed);
  return headers;
}

void Cors::add_headers(const HttpRequest& request, HttpResponse& response) const {
  append(response, headers_for(request.header("origin")));
}

Reply Cors::adding_headers(const HttpRequest& request, const Reply& reply) const {
  Headers headers = headers_for(request.header("origin"));
  if (headers.empty()) return reply;
  return [reply, headers = std::move(headers)](HttpResponse response) {
    append(response, headers);
    reply(std::move(response));
  };
}

std::optional<HttpResponse> Cors::preflight(const HttpRequest& request) const {
  const std::string_view origin = request.header("origin");
  if (origins_.empty() || request.method != "OPTIONS" || origin.empty() ||
      request.header("access-control-request-method").empty())
    return std::nullopt;
  if (!allows(origin))
    return error_response(HttpError::kForbidden,
                          "pages of '" + std::string(origin) + "' may not ask this server");
  HttpResponse response;
  response.status = 204;
  append(response, headers_for(origin));
  response.headers.emplace_back("Access-Control-Allow-Methods", kMethods);
  // A header of a request harms nobody here: whatever the page wants to send, it may.
  if (const auto wanted = request.header("access-control-request-headers"); !wanted.empty())
    response.headers.emplace_back("Access-Control-Allow-Headers", std::string(wanted));
  response.headers.emplace_back("Access-Control-Max-Age", kMaxAgeSeconds);
  return response;
}

}  // namespace filigree::serve
