#include "serve/http/app.h"

#include <algorithm>
#include <utility>

#include "serve/http/describe.h"
#include "serve/http/errors.h"
#include "serve/http/page.h"
#include "serve/log.h"

namespace filigree::serve {
namespace {

std::vector<std::string> names(const Config& config) {
  std::vector<std::string> result;
  for (const EndpointConfig& endpoint : config.endpoints) result.push_back(endpoint.name);
  return result;
}

HttpResponse json_response(const Json& json) {
  HttpResponse response;
  response.body = to_text(json);
  return response;
}

HttpResponse page_response(const PageFile& file) {
  HttpResponse response;
  response.content_type = file.content_type;
  response.headers = {{"cache-control", "no-cache"},
                      {"content-security-policy",
                       "default-src 'self'; img-src 'self' data:; frame-ancestors 'self'"}};
  response.body = file.bytes;
  return response;
}

}  // namespace

App::App(Config config, Backend backend)
    : config_(std::move(config)),
      backend_(std::move(backend)),
      router_(config_.endpoints, page_files()),
      metrics_(names(config_)),
      catalog_(config_, backend_),
      infer_(catalog_, backend_, metrics_) {}

void App::handle(HttpRequest request, std::shared_ptr<runtime::CancelFlag> cancel,
                 const Reply& reply) {
  const auto match = router_.match(request.method, request.target);
  const auto* target = std::get_if<RouteTarget>(&match);
  if (target != nullptr && target->action == Action::kInfer)
    return infer_.answer(target->index, std::move(request), std::move(cancel), reply);
  HttpResponse response;
  try {
    response = target != nullptr ? respond(*target) : respond(std::get<RouteFailure>(match));
  } catch (const std::exception& error) {
    log(LogLevel::kError, "request " + request.request_id + ": " + error.what());
    response = internal_error_response(request.request_id);
  }
  metrics_.count(std::nullopt, response.status);
  reply(std::move(response));
}

HttpResponse App::respond(RouteTarget target) {
  switch (target.action) {
    case Action::kPageFile:
      return page_response(page_files()[target.index]);
    case Action::kServer:
      return json_response(describe_server(config_, backend_, catalog_));
    case Action::kLive:
      return json_response(Json::object({{"status", "OK"}}));
    case Action::kReady:
      return readiness();
    case Action::kConfig:
      return json_response(to_json(config_));
    case Action::kMetrics:
      return metrics();
    case Action::kModels:
      return json_response(Json::object({{"models", endpoints_json()}}));
    case Action::kModel:
      return json_response(endpoint_json(target.index));
    case Action::kModelReady:
      return model_readiness(target.index);
    case Action::kInfer:
      break;
  }
  throw std::logic_error("inference is not answered here");
}

HttpResponse App::respond(const RouteFailure& failure) const {
  switch (failure.kind) {
    case RouteFailure::Kind::kBadTarget:
      return error_response(HttpError::kBadRequest, failure.message);
    case RouteFailure::Kind::kMethodNotAllowed: {
      HttpResponse response = error_response(HttpError::kMethodNotAllowed, failure.message);
      response.headers.emplace_back("allow", failure.allow);
      return response;
    }
    case RouteFailure::Kind::kNotFound:
      break;
  }
  Json endpoints = Json::array({});
  for (std::size_t i = 0; i < config_.endpoints.size(); ++i)
    endpoints.add(Json::object({{"name", config_.endpoints[i].name},
                                {"task", task_name(task_of(config_.endpoints[i].options))},
                                {"infer", "POST " + router_.infer_paths(i).front()}}));
  HttpResponse response = error_response(HttpError::kNotFound, {});
  response.body =
      to_text(Json::object({{"error", failure.message}, {"endpoints", std::move(endpoints)}}));
  return response;
}

HttpResponse App::readiness() const {
  const auto states = catalog_.states();
  const auto count = [&](EndpointState::Kind kind) {
    return std::ranges::count(states, kind, [](const auto& state) { return state->kind; });
  };
  std::string_view status = "ready";
  if (stopping_)
    status = "stopping";
  else if (count(EndpointState::Kind::kLoading) > 0)
    status = "loading";
  else if (count(EndpointState::Kind::kReady) == 0)
    status = "failed";
  HttpResponse response = json_response(describe_readiness(config_, catalog_, status));
  if (status != "ready") response.status = http_status(HttpError::kUnavailable);
  return response;
}

HttpResponse App::model_readiness(std::size_t endpoint) const {
  const auto state = catalog_.state(endpoint);
  const bool ready = state->kind == EndpointState::Kind::kReady && !stopping_;
  Json json = Json::object({{"name", config_.endpoints[endpoint].name}, {"ready", ready}});
  if (state->kind == EndpointState::Kind::kFailed) json.add("error", state->error);
  HttpResponse response = json_response(json);
  if (!ready) response.status = http_status(HttpError::kUnavailable);
  return response;
}

HttpResponse App::metrics() const {
  Gauges gauges{.in_flight = infer_.in_flight(),
                .queued = backend_.queued_requests(),
                .models_ready = {},
                .isa = backend_.isa,
                .cores = backend_.cores};
  for (const auto& state : catalog_.states())
    gauges.models_ready.push_back(state->kind == EndpointState::Kind::kReady);
  HttpResponse response;
  response.content_type = "text/plain; version=0.0.4; charset=utf-8";
  response.body = metrics_.text(gauges);
  return response;
}

Json App::endpoint_json(std::size_t endpoint) const {
  return describe_endpoint(config_.endpoints[endpoint], router_.infer_paths(endpoint),
                           *catalog_.state(endpoint));
}

Json App::endpoints_json() const {
  Json list = Json::array({});
  for (std::size_t i = 0; i < config_.endpoints.size(); ++i) list.add(endpoint_json(i));
  return list;
}

}  // namespace filigree::serve
