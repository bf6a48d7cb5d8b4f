#include "serve/http/response_text.h"

#include <array>
#include <boost/beast/http/status.hpp>
#include <ctime>

namespace filigree::serve {
namespace {

namespace http = boost::beast::http;

void add_date(std::string& text) {
  // Formatting a date costs more than the rest of a small answer; it changes once a second.
  static thread_local std::time_t shown = 0;
  static thread_local std::array<char, 40> date{};
  const std::time_t now = std::time(nullptr);
  if (now != shown) {
    std::tm parts{};
    gmtime_r(&now, &parts);
    std::strftime(date.data(), date.size(), "%a, %d %b %Y %H:%M:%S GMT", &parts);
    shown = now;
  }
  text.append(date.data());
}

std::string_view reason(int status) {
  if (status == 499) return "Client Closed Request";
  const auto known = http::obsolete_reason(http::int_to_status(static_cast<unsigned>(status)));
  return {known.data(), known.size()};
}

void add_header(std::string& text, std::string_view name, std::string_view value) {
  text.append(name).append(": ").append(value).append("\r\n");
}

}  // namespace

std::string response_text(const HttpResponse& response, const ResponseContext& context) {
  const bool has_body = response.status != 204 && response.status != 304;
  std::string text;
  constexpr std::size_t kHeaders = 512;
  text.reserve(kHeaders + response.body.size());
  text.append(context.version < 11 ? "HTTP/1.0 " : "HTTP/1.1 ");
  text.append(std::to_string(response.status)).append(" ").append(reason(response.status));
  text.append("\r\nServer: filigree\r\nDate: ");
  add_date(text);
  text.append("\r\n");
  if (has_body) {
    add_header(text, "Content-Type", response.content_type);
    add_header(text, "Content-Length", std::to_string(response.body.size()));
  }
  add_header(text, "X-Content-Type-Options", "nosniff");
  add_header(text, "X-Request-Id", context.request_id);
  if (!context.traceparent.empty()) add_header(text, "Traceparent", context.traceparent);
  for (const auto& [name, value] : response.headers) add_header(text, name, value);
  // What is not said is what the version means anyway.
  if (context.after == ResponseContext::After::kClose)
    add_header(text, "Connection", "close");
  else if (context.version < 11)
    add_header(text, "Connection", "keep-alive");
  text.append("\r\n");
  if (has_body && context.body == ResponseContext::Body::kWhole) text.append(response.body);
  return text;
}

}  // namespace filigree::serve
