#include "serve/http/errors.h"

#include <algorithm>
#include <span>

#include "serve/excerpt.h"

namespace filigree::serve {
namespace {

// "body.question: field required; ..."
std::string sentence(const Json& detail) {
  if (const std::string* text = detail.as_string()) return *text;
  std::string result;
  for (const Json& error : *detail.as_array()) {
    result.append(result.empty() ? "" : "; ");
    std::string place;
    for (const Json& step : *error.find("loc")->as_array()) {
      const std::string* name = step.as_string();
      place.append(place.empty() ? "" : ".").append(name != nullptr ? *name : to_text(step));
    }
    result.append(place).append(": ").append(*error.find("msg")->as_string());
  }
  return result;
}

struct ShownStep {
  Json operator()(const std::string& name) const { return Json(excerpt(name)); }
  Json operator()(std::size_t index) const { return Json(index); }
};

}  // namespace

int http_status(HttpError error) noexcept {
  switch (error) {
    case HttpError::kBadRequest:
      return 400;
    case HttpError::kUnauthorized:
      return 401;
    case HttpError::kForbidden:
      return 403;
    case HttpError::kNotFound:
      return 404;
    case HttpError::kMethodNotAllowed:
      return 405;
    case HttpError::kRequestTimeout:
      return 408;
    case HttpError::kConflict:
      return 409;
    case HttpError::kBodyTooLarge:
      return 413;
    case HttpError::kExpectationFailed:
      return 417;
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
  response.body = to_text(Json::object({{"error", excerpt(message, kMostMessageBytes)}}));
  // Both pass by themselves, loading and overload alike.
  if (error == HttpError::kTooManyRequests || error == HttpError::kUnavailable)
    response.headers.emplace_back("retry-after", "1");
  return response;
}

std::string not_json_message(const JsonError& error) {
  return "the body is not JSON: " + error.message + " " + place_of(error);
}

HttpResponse not_json_response(const JsonError& error) {
  return error_response(HttpError::kBadRequest, not_json_message(error));
}

HttpResponse field_errors_response(const std::vector<FieldError>& errors) {
  Json detail = Json::array({});
  for (const FieldError& error :
       std::span(errors).first(std::min(errors.size(), kMostFieldErrors))) {
    Json location = Json::array({"body"});
    for (const FieldStep& step : error.location) location.add(std::visit(ShownStep{}, step));
    detail.add(Json::object({{"loc", std::move(location)},
                             {"msg", excerpt(error.message, kMostMessageBytes)},
                             {"type", error.type}}));
  }
  HttpResponse response;
  response.status = http_status(HttpError::kInvalidFields);
  response.body = to_text(Json::object({{"detail", std::move(detail)}}));
  return response;
}

HttpResponse in_shape(HttpResponse response, ErrorShape shape) {
  constexpr int kFirstError = 400;
  if (response.status < kFirstError || shape == ErrorShape::kError) return response;
  const auto parsed = parse_json(response.body);
  const Json* body = std::get_if<Json>(&parsed);
  if (body == nullptr || !body->is_object()) return response;
  const Json* error = body->find("error");
  const Json* detail = body->find("detail");
  if (error == nullptr && detail == nullptr) return response;
  Json shaped = Json::object({});
  if (shape == ErrorShape::kBoth) shaped.add("error", error ? *error : sentence(*detail));
  shaped.add("detail", detail ? *detail : *error);
  for (const auto& [name, member] : *body->as_object())
    if (name != "error" && name != "detail") shaped.add(name, member);
  response.body = to_text(shaped);
  return response;
}

HttpResponse internal_error_response(const std::string& request_id) {
  HttpResponse response;
  response.status = http_status(HttpError::kInternal);
  response.body = to_text(Json::object({{"error", "internal error"}, {"request_id", request_id}}));
  return response;
}

}  // namespace filigree::serve
