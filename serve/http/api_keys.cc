#include "serve/http/api_keys.h"

#include <algorithm>

#include "serve/http/errors.h"

namespace filigree::serve {
namespace {

// How long it takes depends on the length of `given` alone.
bool equal(std::string_view key, std::string_view given) noexcept {
  std::size_t difference = key.size() ^ given.size();
  for (std::size_t i = 0; i < given.size(); ++i)
    difference |=
        static_cast<unsigned char>(given[i]) ^ static_cast<unsigned char>(key[i % key.size()]);
  return difference == 0;
}

// The token of "Bearer TOKEN"; empty when it is something else.
std::string_view bearer_token(std::string_view authorization) noexcept {
  constexpr std::string_view kScheme = "bearer ";
  const auto same = [](char a, char b) { return a == b || (b >= 'a' && b <= 'z' && a == b - 32); };
  if (authorization.size() <= kScheme.size() ||
      !std::ranges::equal(authorization.substr(0, kScheme.size()), kScheme, same))
    return {};
  authorization.remove_prefix(kScheme.size());
  return authorization.substr(std::min(authorization.find_first_not_of(' '), authorization.size()));
}

}  // namespace

bool ApiKeys::allow(std::string_view authorization) const noexcept {
  if (keys_.empty()) return true;
  const std::string_view token = bearer_token(authorization);
  bool found = false;
  for (const std::string& key : keys_) found |= equal(key, token);
  return found;
}

HttpResponse unauthorized_response() {
  HttpResponse response =
      error_response(HttpError::kUnauthorized,
                     "an API key is needed: send the header 'Authorization: Bearer KEY'");
  response.headers.emplace_back("WWW-Authenticate", "Bearer");
  return response;
}

}  // namespace filigree::serve
