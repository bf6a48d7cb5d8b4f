// The one table from what went wrong to an HTTP status.
#pragma once

#include <string>
#include <vector>

#include "serve/http/message.h"
#include "serve/tasks/task.h"

namespace filigree::serve {

enum class HttpError {
  kBadRequest,
  kNotFound,
  kMethodNotAllowed,
  kBodyTooLarge,
  kInvalidFields,
  kTooManyRequests,
  kHeaderTooLarge,
  kClientGone,
  kInternal,
  kUnavailable,
  kTimeout
};

int http_status(HttpError error) noexcept;

// {"error": message}.
HttpResponse error_response(HttpError error, const std::string& message);

// 422 in FastAPI's shape: {"detail": [{"loc": ["body", "question"], "msg": ..., "type": ...}]}.
HttpResponse field_errors_response(const std::vector<FieldError>& errors);

// 500 without details, which belong into the log.
HttpResponse internal_error_response(const std::string& request_id);

}  // namespace filigree::serve
