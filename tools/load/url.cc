#include "tools/load/url.h"

#include <algorithm>
#include <charconv>

#include "tools/cli/errors.h"

namespace filigree::tools {
namespace {

[[noreturn]] void fail(std::string_view text, const std::string& why) {
  throw UsageError("the URL is '" + std::string(text) + "', " + why);
}

bool is_port(std::string_view text) {
  unsigned port = 0;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  return error == std::errc{} && stop == text.data() + text.size() && port >= 1 && port <= 65535;
}

// It becomes a part of the request's first lines.
bool is_printable(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c > ' ' && c < 0x7f; });
}

}  // namespace

Url parse_url(std::string_view text) {
  constexpr std::string_view kScheme = "http://";
  if (text.starts_with("https://"))
    fail(text, "expected http://: filigree speaks no TLS, ask the server behind the proxy");
  if (!text.starts_with(kScheme)) fail(text, "expected http://HOST[:PORT][/PATH]");
  if (!is_printable(text)) fail(text, "expected printable ASCII without spaces (use %20)");
  Url url{.text = std::string(text)};
  std::string_view rest = text.substr(kScheme.size());
  const std::size_t path = rest.find_first_of("/?#");
  if (path != std::string_view::npos) {
    const std::string_view target = rest.substr(path, rest.find('#') - path);
    url.target = (target.starts_with('/') ? "" : "/") + std::string(target);
  }
  std::string_view authority = rest.substr(0, path);
  if (authority.find('@') != std::string_view::npos)
    fail(text, "expected no user and password: give them as --header 'authorization: ...'");
  url.authority = authority;
  const std::size_t bracket = authority.rfind(']');
  const std::size_t colon = authority.find(':', bracket == std::string_view::npos ? 0 : bracket);
  if (colon != std::string_view::npos) {
    url.port = authority.substr(colon + 1);
    authority = authority.substr(0, colon);
  }
  if (!is_port(url.port)) fail(text, "expected a port from 1 to 65535");
  if (authority.starts_with('[') && authority.ends_with(']'))
    authority = authority.substr(1, authority.size() - 2);
  if (authority.empty()) fail(text, "expected a host");
  url.host = authority;
  return url;
}

}  // namespace filigree::tools
