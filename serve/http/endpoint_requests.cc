#include "serve/http/endpoint_requests.h"

#include <memory>
#include <utility>

#include "serve/config/endpoint_edit.h"
#include "serve/log.h"

namespace filigree::serve {
namespace {

constexpr const char* kForbidden =
    "endpoints are changed only on a server that was started with --admin or with an API key";

Json parsed(const std::string& body) {
  auto json = parse_json(body);
  if (const auto* error = std::get_if<JsonError>(&json))
    throw ChangeError(HttpError::kBadRequest, not_json_message(*error));
  return std::get<Json>(std::move(json));
}

HttpResponse response_to(const ChangeError& error, const std::string& request_id) {
  if (error.error() == HttpError::kInvalidFields)
    return field_errors_response({{{}, error.what(), "value_error"}});
  if (error.error() != HttpError::kInternal) return error_response(error.error(), error.what());
  log(LogLevel::kError, {.request_id = request_id}, error.what());
  return internal_error_response(request_id);
}

}  // namespace

void EndpointRequests::add(HttpRequest request, const Reply& reply) {
  if (!policy_.allowed) return reply(error_response(HttpError::kForbidden, kForbidden));
  if (policy_.model_root.empty())
    return reply(error_response(
        HttpError::kForbidden,
        "endpoints are added only on a server that was started with --model-root, the folder "
        "that their models may come from"));
  auto body = std::make_shared<const std::string>(std::move(request.body));
  const auto edit = [body, id = request.request_id,
                     root = policy_.model_root](const Config& current) {
    Config next = with_endpoint(current, parsed(*body), root);
    for (std::size_t i = current.warnings.size(); i < next.warnings.size(); ++i)
      log(LogLevel::kWarning, {.request_id = id}, next.warnings[i]);
    return next;
  };
  change(edit, request.request_id, reply);
}

void EndpointRequests::remove(HttpRequest request, const Reply& reply) {
  if (!policy_.allowed) return reply(error_response(HttpError::kForbidden, kForbidden));
  auto body = std::make_shared<const std::string>(std::move(request.body));
  change(
      [body](const Config& current) {
        try {
          return without_endpoint(current, parsed(*body));
        } catch (const NoSuchEndpoint& error) {
          throw ChangeError(HttpError::kNotFound, error.what());
        }
      },
      request.request_id, reply);
}

void EndpointRequests::change(DeploymentChanges::Edit edit, const std::string& request_id,
                              const Reply& reply) {
  changes_.post(std::move(edit), [request_id, reply](const std::optional<ChangeError>& error) {
    if (error) return reply(response_to(*error, request_id));
    HttpResponse response;
    response.body = "true";
    reply(std::move(response));
  });
}

}  // namespace filigree::serve
