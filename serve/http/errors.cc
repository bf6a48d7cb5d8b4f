#include "serve/http/errors.h"

namespace filigree::serve {

int http_status(HttpError error) noexcept {
  switch (error) {
    case HttpError::kBadRequest:
      return 400;
    case HttpError::kNotFound:
      return 404;
    case HttpError::kMethodNotAllowed:
      return 405;
    case HttpError::kBodyTooLarge:
      return 413;
    case HttpError::kInvalidFields:
      return 422;
    case HttpError::kTooManyRequests:
      return 429;
    case HttpError::kHeaderTooLarge:
      return 431;
    case HttpError::kClientGone:
      return 499;  // nobody reads it; the number is for the metrics
    case HttpError::kInternal:
      return 500;
    case HttpError::kUnavailable:
      return 503;
    case HttpError::kTimeout:
      return 504;
  }
  return 500;
}

HttpResponse error_response(HttpError error, const std::string& message) {
  HttpResponse response;
  response.status = http_status(error);
  response.body = to_text(Json::object({{"error", message}}));
  // Both pass by themselves, loading and overload alike.
  if (error == HttpError::kTooManyRequests || error == HttpError::kUnavailable)
    response.headers.emplace_back("retry-after", "1");
  return response;
}

HttpResponse field_errors_response(const std::vector<FieldError>& errors) {
  Json detail = Json::array({});
  for (const FieldError& error : errors) {
    Json location = Json::array({"body"});
    for (const FieldStep& step : error.location)
      location.add(std::visit([](const auto& value) { return Json(value); }, step));
    detail.add(
        Json::object({{"loc", std::move(location)}, {"msg", error.message}, {"type", error.type}}));
  }
  HttpResponse response;
  response.status = http_status(HttpError::kInvalidFields);
  response.body = to_text(Json::object({{"detail", std::move(detail)}}));
  return response;
}

HttpResponse internal_error_response(const std::string& request_id) {
  HttpResponse response;
  response.status = http_status(HttpError::kInternal);
  response.body = to_text(Json::object({{"error", "internal error"}, {"request_id", request_id}}));
  return response;
}

}  // namespace filigree::serve
