// The one table from what went wrong to an HTTP status.
#pragma once

#include <string>
#include <vector>

#include "serve/http/message.h"
#include "serve/http/router.h"
#include "serve/tasks/task.h"

namespace filigree::serve {

enum class HttpError {
  kBadRequest,
  kUnauthorized,
  kForbidden,
  kNotFound,
  kMethodNotAllowed,
  kRequestTimeout,
  kConflict,
  kBodyTooLarge,
  kExpectationFailed,
  kInvalidFields,
  kTooManyRequests,
  kHeaderTooLarge,
  kClientGone,
  kInternal,
  kUnavailable,
  kTimeout
};

int http_status(HttpError error) noexcept;

// Messages and names of fields quote what a client sent: what goes beyond this is cut
// (serve/excerpt.h), and of FieldErrors the first kMostFieldErrors are told.
inline constexpr std::size_t kMostMessageBytes = 2048;

// {"error": message}; in_shape() gives it the shape that the client expects.
HttpResponse error_response(HttpError error, const std::string& message);

// 400, and its message.
std::string not_json_message(const JsonError& error);
HttpResponse not_json_response(const JsonError& error);

// 422 in FastAPI's shape: {"detail": [{"loc": ["body", "question"], "msg": ..., "type": ...}]}.
HttpResponse field_errors_response(const std::vector<FieldError>& errors);

// A response of any of these functions in another shape: "error" renamed to "detail", or both with
// the same content. Other responses are returned as they are.
HttpResponse in_shape(HttpResponse response, ErrorShape shape);

// 500 without details, which belong into the log.
HttpResponse internal_error_response(const std::string& request_id);

}  // namespace filigree::serve
