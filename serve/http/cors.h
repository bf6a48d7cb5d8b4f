// What browsers are told about pages of other origins (CORS).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "serve/http/message.h"

namespace filigree::serve {

// Immutable.
class Cors {
 public:
  // None: browsers keep other pages out, and no header says anything. "*": every page may ask.
  explicit Cors(std::vector<std::string> origins);

  // The answer to a preflight request (OPTIONS with an origin and the method that will follow): 204
  // with what is allowed, or 403. nullopt: it is none, or no origin is configured.
  std::optional<HttpResponse> preflight(const HttpRequest& request) const;

  // Adds what lets a page of the request's origin, if it is allowed, read the answer.
  void add_headers(const HttpRequest& request, HttpResponse& response) const;

  // `reply`, with those headers added first.
  Reply adding_headers(const HttpRequest& request, const Reply& reply) const;

 private:
  Headers headers_for(std::string_view origin) const;
  bool allows(std::string_view origin) const;

  std::vector<std::string> origins_;
  bool any_ = false;
};

}  // namespace filigree::serve
