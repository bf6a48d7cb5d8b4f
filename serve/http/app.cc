#include "serve/http/app.h"

#include <algorithm>
#include <utility>

#include "serve/http/describe.h"
#include "serve/http/errors.h"
#include "serve/http/model_metrics.h"
#include "serve/http/openapi.h"
#include "serve/http/page.h"
#include "serve/http/process_usage.h"
#include "serve/http/server_state.h"
#include "serve/log.h"

namespace filigree::serve {
namespace {

constexpr int kOk = 200;
constexpr const char* kMetricsType = "text/plain; version=0.0.4; charset=utf-8";

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
                       "default-src 'self'; img-src 'self' data:; object-src 'none'; "
                       "base-uri 'none'; form-action 'none'; frame-ancestors 'self'"}};
  response.body = file.bytes;
  return response;
}

Json endpoint_json(const Deployment& deployment, std::size_t endpoint) {
  Json json = describe_endpoint(deployment.config().endpoints[endpoint],
                                deployment.router().infer_paths(endpoint),
                                *deployment.catalog().state(endpoint));
  if (const auto progress = deployment.catalog().progress(endpoint))
    json.add("loading", describe_progress(*progress));
  if (const auto shortage = deployment.catalog().shortage(endpoint))
    json.add("shortage", describe_shortage(*shortage));
  return json;
}

Json endpoints_json(const Deployment& deployment) {
  Json list = Json::array({});
  for (std::size_t i = 0; i < deployment.config().endpoints.size(); ++i)
    list.add(endpoint_json(deployment, i));
  return list;
}

HttpResponse not_found(const Deployment& deployment, const RouteFailure& failure) {
  Json endpoints = Json::array({});
  for (std::size_t i = 0; i < deployment.config().endpoints.size(); ++i) {
    const EndpointConfig& endpoint = deployment.config().endpoints[i];
    endpoints.add(Json::object({{"name", endpoint.name},
                                {"task", task_name(task_of(endpoint.options))},
                                {"infer", "POST " + deployment.router().infer_paths(i).front()}}));
  }
  HttpResponse response = error_response(HttpError::kNotFound, {});
  response.body =
      to_text(Json::object({{"error", failure.message}, {"endpoints", std::move(endpoints)}}));
  return response;
}

HttpResponse response_to(const Deployment& deployment, const RouteFailure& failure) {
  if (failure.kind == RouteFailure::Kind::kBadTarget)
    return error_response(HttpError::kBadRequest, failure.message);
  if (failure.kind == RouteFailure::Kind::kNotFound) return not_found(deployment, failure);
  HttpResponse response = error_response(HttpError::kMethodNotAllowed, failure.message);
  response.headers.emplace_back("allow", failure.allow);
  return response;
}

}  // namespace

App::App(Config config, Backend backend, AppOptions options)
    : backend_(std::move(backend)),
      api_keys_(std::move(options.api_keys)),
      cors_(std::move(options.cors_origins)),
      tls_(options.tls),
      build_commit_(std::move(options.build_commit)),
      access_log_(options.access_log),
      metrics_({}),
      models_(std::make_shared<ResidentModels>(options.models)),
      current_(std::make_shared<Deployment>(std::move(config), backend_, models_)),
      log_(current_.get()->config().logging, backend_.cores),
      infer_(backend_, metrics_, options.requests),
      benchmarks_(backend_),
      loads_(models_, backend_.give_way),
      changes_(current_, backend_, metrics_),
      endpoints_(std::move(options.endpoints), changes_) {
  const auto first = current_.get();
  first->enlist(metrics_);
  const ConfigSource& source = first->config().source;
  if (options.reload_interval && !source.file.empty())
    watcher_.emplace(source, *options.reload_interval, changes_);
}

App::~App() {
  set_stopping();
  close();
}

void App::set_stopping() {
  stopping_ = true;
  benchmarks_.stop();
  matrices_.stop();
  changes_.stop();
}

void App::give_up() {
  loads_.stop();
  backend_.stop();
}

void App::close() {
  loads_.close();
  infer_.close();
  matrices_.close();
}

void App::handle(HttpRequest request, std::shared_ptr<runtime::CancelFlag> cancel,
                 const Reply& reply_to) {
  if (auto preflight = cors_.preflight(request)) {
    metrics_.count(std::nullopt, preflight->status);
    return reply_to(std::move(*preflight));
  }
  const auto deployment = current_.get();
  const auto match = deployment->router().match(request.method, request.target);
  const auto* target = std::get_if<RouteTarget>(&match);
  const Reply reply = [reply_to = cors_.adding_headers(request, reply_to),
                       shape = error_shape(request.target)](HttpResponse response) {
    reply_to(in_shape(std::move(response), shape));
  };
  if (!allows(request, target)) {
    HttpResponse refusal = unauthorized_response();
    metrics_.count(std::nullopt, refusal.status);
    return reply(std::move(refusal));
  }
  if (target != nullptr && target->action == Action::kInfer)
    return infer(deployment, target->index, std::move(request), std::move(cancel), reply);
  // Inference is counted by its service, everything else here.
  const Reply counted = [this, reply](HttpResponse response) {
    metrics_.count(std::nullopt, response.status);
    reply(std::move(response));
  };
  if (target != nullptr)
    act(deployment, *target, std::move(request), std::move(cancel), counted);
  else
    counted(response_to(*deployment, std::get<RouteFailure>(match)));
}

bool App::allows(const HttpRequest& request, const RouteTarget* target) const {
  return (target != nullptr && is_public(target->action)) ||
         api_keys_.allow(request.header("authorization"));
}

void App::complete_refusal(const HttpRequest& request, HttpResponse& response) {
  metrics_.count(std::nullopt, response.status);
  if (!request.target.empty())
    response = in_shape(std::move(response), error_shape(request.target));
  cors_.add_headers(request, response);
}

void App::infer(const std::shared_ptr<Deployment>& deployment, std::size_t endpoint,
                HttpRequest request, std::shared_ptr<runtime::CancelFlag> cancel,
                const Reply& reply) {
  const RequestTimeout patience = infer_.patience(request);
  const auto begin = request.begin;
  const auto kept = std::make_shared<HttpRequest>(std::move(request));
  auto then = [this, deployment, endpoint, kept, cancel,
               reply](std::shared_ptr<const EndpointState> state) {
    ask(deployment, endpoint, std::move(state), std::move(*kept), cancel, reply);
  };
  loads_.with_model({.deployment = deployment,
                     .endpoint = endpoint,
                     .cancel = cancel,
                     .deadline = begin + patience.value_or(LoadOnRequest::kNoDeadline)},
                    std::move(then));
}

void App::benchmark(const std::shared_ptr<Deployment>& deployment, std::size_t endpoint,
                    HttpRequest request, std::shared_ptr<runtime::CancelFlag> cancel,
                    const Reply& reply) {
  const auto kept = std::make_shared<HttpRequest>(std::move(request));
  auto then = [this, deployment, endpoint, kept, cancel,
               reply](std::shared_ptr<const EndpointState> state) {
    benchmarks_.answer(deployment->number(endpoint), std::move(state), std::move(*kept), cancel,
                       reply);
  };
  loads_.with_model({.deployment = deployment,
                     .endpoint = endpoint,
                     .cancel = cancel,
                     .deadline = kept->begin + LoadOnRequest::kNoDeadline},
                    std::move(then));
}

void App::ask(const std::shared_ptr<Deployment>& deployment, std::size_t endpoint,
              std::shared_ptr<const EndpointState> state, HttpRequest request,
              std::shared_ptr<runtime::CancelFlag> cancel, const Reply& reply) {
  const std::size_t number = deployment->number(endpoint);
  const EndpointConfig& config = deployment->config().endpoints[endpoint];
  if (!log_.wants(config))
    return infer_.answer(number, std::move(state), std::move(request), std::move(cancel), reply);
  infer_.answer(
      number, std::move(state), std::move(request), std::move(cancel),
      [this, reply, deployment, &config](HttpResponse response) {
        log_.responded(config, response.status);
        reply(std::move(response));
      },
      [this, deployment, &config](const AnsweredRequest& answered) {
        log_.answered(config, answered);
      });
}

void App::handle_prometheus(const HttpRequest& request, const Reply& reply) const {
  if (request.method != "GET" && request.method != "HEAD")
    return reply(error_response(HttpError::kMethodNotAllowed, "expected GET"));
  HttpResponse response;
  response.content_type = kMetricsType;
  response.body = log_.prometheus_text().value_or("");
  reply(std::move(response));
}

void App::act(const std::shared_ptr<Deployment>& deployment, RouteTarget target,
              HttpRequest request, std::shared_ptr<runtime::CancelFlag> cancel,
              const Reply& reply) {
  if (target.action == Action::kAddEndpoint) return endpoints_.add(std::move(request), reply);
  if (target.action == Action::kRemoveEndpoint) return endpoints_.remove(std::move(request), reply);
  if (target.action == Action::kMatrices)
    return loads_.with_model({.deployment = deployment,
                              .endpoint = target.index,
                              .cancel = std::move(cancel),
                              .deadline = request.begin + LoadOnRequest::kNoDeadline},
                             [this, reply](std::shared_ptr<const EndpointState> state) {
                               matrices_.answer(std::move(state), reply);
                             });
  if (target.action == Action::kBenchmark)
    return benchmark(deployment, target.index, std::move(request), std::move(cancel), reply);
  HttpResponse response;
  try {
    response = respond(*deployment, target);
  } catch (const std::exception& error) {
    log(LogLevel::kError, request.subject(), error.what());
    response = internal_error_response(request.request_id);
  }
  reply(std::move(response));
}

HttpResponse App::respond(const Deployment& deployment, RouteTarget target) const {
  switch (target.action) {
    case Action::kPageFile:
      return page_response(page_files()[target.index]);
    case Action::kServer:
      return json_response(describe_server(deployment.config(), backend_, deployment.catalog()));
    case Action::kLive:
      return json_response(Json::object({{"status", "OK"}}));
    case Action::kReady:
      return readiness(deployment);
    case Action::kSagemakerPing: {
      HttpResponse response = readiness(deployment);
      if (response.status == kOk) response.body = to_text(Json::object({{"status", "OK"}}));
      return response;
    }
    case Action::kAlive: {
      HttpResponse response = readiness(deployment);
      response.body = response.status == kOk ? "true" : "false";
      return response;
    }
    case Action::kConfig:
      return config(deployment);
    case Action::kOpenApi:
      return json_response(
          openapi(deployment, api_keys_.needed() ? Authorization::kApiKey : Authorization::kNone));
    case Action::kMetrics:
      return metrics(deployment);
    case Action::kState:
      return state(deployment);
    case Action::kModels:
      return json_response(Json::object(
          {{"models", endpoints_json(deployment)}, {"memory", describe_memory(*models_)}}));
    case Action::kModel:
      return json_response(endpoint_json(deployment, target.index));
    case Action::kModelReady:
      return model_readiness(deployment, target.index);
    case Action::kInfer:
    case Action::kBenchmark:
    case Action::kMatrices:
    case Action::kAddEndpoint:
    case Action::kRemoveEndpoint:
      break;
  }
  throw std::logic_error("this is not answered here");
}

HttpResponse App::config(const Deployment& deployment) const {
  Json json = to_json(deployment.config());
  if (watcher_) json.add("hot_reload", to_json(watcher_->status()));
  return json_response(json);
}

HttpResponse App::state(const Deployment& deployment) const {
  return json_response(to_json(ServerState{.in_flight = infer_.in_flight(),
                                           .queued = backend_.queued_requests(),
                                           .queued_tokens = backend_.queued_tokens(),
                                           .batches = backend_.batch_sizes(),
                                           .totals = metrics_.totals(),
                                           .resident_bytes = resident_bytes(),
                                           .endpoints = count_states(deployment.catalog()),
                                           .stopping = stopping_}));
}

HttpResponse App::readiness(const Deployment& deployment) const {
  const auto states = deployment.catalog().states();
  const bool is_any_served =
      std::ranges::any_of(states, [](const auto& state) { return is_served(*state); });
  std::string_view status = "OK";
  if (stopping_)
    status = "stopping";
  else if (!deployment.catalog().wait_until_loaded({}))
    status = "loading";
  else if (!is_any_served)
    status = "failed";
  HttpResponse response =
      json_response(describe_readiness(deployment.config(), deployment.catalog(), status));
  if (status != "OK") response.status = http_status(HttpError::kUnavailable);
  return response;
}

HttpResponse App::model_readiness(const Deployment& deployment, std::size_t endpoint) const {
  const auto state = deployment.catalog().state(endpoint);
  const bool ready = is_served(*state) && !stopping_;
  const std::string_view status = ready ? "OK" : stopping_ ? "stopping" : state_name(state->kind);
  Json json = Json::object({{"name", deployment.config().endpoints[endpoint].name},
                            {"ready", ready},
                            {"status", status}});
  if (state->kind == EndpointState::Kind::kFailed) json.add("error", state->error);
  // It answers, but not at once.
  if (ready && state->kind != EndpointState::Kind::kReady)
    json.add("state", state_name(state->kind));
  HttpResponse response = json_response(json);
  if (!ready) response.status = http_status(HttpError::kUnavailable);
  return response;
}

HttpResponse App::metrics(const Deployment& deployment) const {
  const Gauges gauges{.in_flight = infer_.in_flight(),
                      .queued = backend_.queued_requests(),
                      .queued_tokens = backend_.queued_tokens(),
                      .batches = backend_.batch_sizes(),
                      .models_ready = deployment.ready_by_number(),
                      .isa = backend_.isa,
                      .commit = build_commit_,
                      .cores = backend_.cores,
                      .dropped_log_lines = dropped_log_lines(),
                      .dropped_access_lines = access_log_ ? access_log_->dropped() : 0};
  HttpResponse response;
  response.content_type = kMetricsType;
  response.body = metrics_.text(gauges);
  response.body += model_metrics_text(deployment.config(), deployment.catalog());
  response.body += memory_metrics_text(*models_, loads_.waiting());
  if (watcher_) response.body += metrics_text(watcher_->status());
  if (tls_ != nullptr) response.body += metrics_text(tls_->status());
  return response;
}

}  // namespace filigree::serve
