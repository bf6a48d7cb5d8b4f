#include "serve/http/openapi.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "serve/http/errors.h"
#include "serve/http/openapi_components.h"
#include "serve/http/page.h"
#include "serve/http/percent_encoding.h"
#include "serve/http/task_schemas.h"
#include "serve/http/tensor_schema.h"
#include "serve/http/version.h"
#include "serve/tasks/tensor_request.h"

namespace filigree::serve {
namespace {

constexpr const char* kJsonType = "application/json";

Json schema_ref(const std::string& name) {
  return Json::object({{"$ref", "#/components/schemas/" + name}});
}

Json header_ref(const std::string& name) {
  return Json::object({{"$ref", "#/components/headers/" + name}});
}

Json content_of(std::string type, Json schema) {
  Json content = Json::object({});
  content.add(std::move(type), Json::object({{"schema", std::move(schema)}}));
  return content;
}

struct Failure {
  HttpError error;
  std::string description;
  Json schema = {};  // null: the shape of the path's errors
};

struct Operation {
  std::string tag, summary;
  Json answer;  // schema
  std::string type = kJsonType;
  Json body = {};                           // schema; null: a request has none
  std::vector<Json::Member> examples = {};  // of the body
  std::vector<Failure> failures = {};
  Json headers = {};              // of the answer
  bool answer_has_bytes = false;  // or JSON and bytes after it
  bool body_required = true;      // false: an empty one stands for {}
};

Operation server_operation(const std::string& summary, const std::string& schema) {
  return {.tag = "server", .summary = summary, .answer = schema_ref(schema)};
}

Operation page_operation(const PageFile& file) {
  const std::string type(file.content_type.substr(0, file.content_type.find(';')));
  return {.tag = "page",
          .summary = std::string(file.name) + " of the page",
          .answer = Json::object({{"type", "string"}}),
          .type = type};
}

Operation alive_operation() {
  return {.tag = "server",
          .summary = "is something ready? DeepSparse's health check before 1.6",
          .answer = Json::object({{"const", true}}),
          .failures = {{HttpError::kUnavailable, "not ready", Json::object({{"const", false}})}}};
}

Operation ready_operation(const std::string& summary, const std::string& answer,
                          const std::string& otherwise) {
  Operation operation = server_operation(summary, answer);
  operation.failures = {
      {HttpError::kUnavailable, "loading, failed or stopping", schema_ref(otherwise)}};
  return operation;
}

const Failure kNotJson = {HttpError::kBadRequest, "the body is not JSON, or not UTF-8"};
const Failure kNotReady = {HttpError::kUnavailable,
                           "the model is loading or has failed, or the server stops"};

// Of the endpoint that the examples of /endpoints add and then remove.
constexpr const char* kExampleName = "one-more";

Operation add_operation(const EndpointConfig& first) {
  Json example = Json::object({{"task", task_name(task_of(first.options))},
                               {"model", first.model_path.string()},
                               {"name", kExampleName}});
  return {.tag = "endpoints",
          .summary = "serve an endpoint more; needs --admin or an API key, and --model-root",
          .answer = Json::object({{"const", true}}),
          .body = schema_ref("EndpointToAdd"),
          .examples = {{"endpoint", std::move(example)}},
          .failures = {kNotJson,
                       {HttpError::kForbidden, "the server's flags do not allow it"},
                       {HttpError::kConflict, "its name or a path of it is taken"},
                       {HttpError::kInvalidFields, "it cannot be served; nothing has changed"},
                       {HttpError::kUnavailable, "the server stops"}}};
}

Operation remove_operation() {
  return {.tag = "endpoints",
          .summary = "serve an endpoint less, by route or name; needs --admin or an API key",
          .answer = Json::object({{"const", true}}),
          .body = schema_ref("EndpointToRemove"),
          .examples = {{"endpoint", Json::object({{"name", kExampleName}})}},
          .failures = {kNotJson,
                       {HttpError::kForbidden, "the server's flags do not allow it"},
                       {HttpError::kNotFound, "there is no such endpoint"},
                       {HttpError::kInvalidFields, "neither route nor name, or the last endpoint"},
                       {HttpError::kUnavailable, "the server stops"}}};
}

Operation benchmark_operation(const EndpointConfig& endpoint) {
  return {.tag = endpoint.name,
          .summary = "DeepSparse's measurement; 12 seconds unless the body says otherwise",
          .answer = schema_ref("BenchmarkResponse"),
          .body = schema_ref("BenchmarkRequest"),
          .examples = {{"short", Json::object({{"warmup_time", 0}, {"seconds_to_run", 0.1}})}},
          .failures = {kNotJson,
                       {HttpError::kConflict, "another benchmark is running"},
                       {HttpError::kInvalidFields, "a member has another value than it may have"},
                       {HttpError::kTooManyRequests, "the queue is full"},
                       kNotReady},
          .body_required = false};
}

Json timing_headers() {
  return Json::object({{"x-total-time", header_ref("Milliseconds")},
                       {"x-tokenization-time", header_ref("Milliseconds")},
                       {"x-queue-time", header_ref("Milliseconds")},
                       {"x-inference-time", header_ref("Milliseconds")},
                       {"x-compute-tokens", header_ref("Tokens")}});
}

Json with_timeouts(Json body) {
  return Json::object({{"allOf", Json::array({std::move(body), schema_ref("Timeouts")})}});
}

Json timeout_header() {
  constexpr std::int64_t kDay = std::int64_t{24} * 60 * 60 * 1000;
  return Json::object(
      {{"name", "x-request-timeout-ms"},
       {"in", "header"},
       {"schema", Json::object({{"type", "integer"}, {"minimum", 0}, {"maximum", kDay}})}});
}

Json timing_parameter() {
  return Json::object({{"name", "timing"},
                       {"in", "query"},
                       {"description", "adds the member timing: milliseconds by layer and step"},
                       {"schema", Json::object({{"enum", Json::array({"steps"})}})}});
}

// `tensors`: the path is one of Open Inference.
Operation infer_operation(const EndpointConfig& endpoint, const EndpointState& state,
                          bool tensors) {
  TaskSchemas schemas = task_schemas(endpoint.options);
  Operation operation{.tag = endpoint.name,
                      .summary = std::string(task_name(task_of(endpoint.options))),
                      .answer = std::move(schemas.response),
                      .body = std::move(schemas.request),
                      .examples = {{"text", std::move(schemas.example)}},
                      .failures = {kNotJson,
                                   {HttpError::kInvalidFields, "a member is missing or wrong"},
                                   {HttpError::kTooManyRequests, "the queue is full"},
                                   kNotReady,
                                   {HttpError::kTimeout, "not computed in time"}},
                      .headers = timing_headers()};
  if (!tensors) {
    operation.body = with_timeouts(std::move(operation.body));
    return operation;
  }
  operation.summary += ", or tensors of Open Inference, in JSON or as bytes after it";
  operation.answer_has_bytes = true;
  const loader::Model* model =
      state.kind == EndpointState::Kind::kReady ? state.loaded->parts.model.get() : nullptr;
  Json request = model != nullptr ? tensor_request_schema(*model) : schema_ref("TensorRequest");
  operation.body = with_timeouts(
      Json::object({{"anyOf", Json::array({std::move(operation.body), std::move(request)})}}));
  operation.answer = Json::object(
      {{"anyOf", Json::array({std::move(operation.answer), schema_ref("TensorResponse")})}});
  if (model != nullptr) operation.examples.emplace_back("tensors", tensor_example(*model));
  return operation;
}

Operation operation_of(const Deployment& deployment, const Route& route) {
  const auto& endpoints = deployment.config().endpoints;
  const std::size_t index = route.target.index;
  switch (route.target.action) {
    case Action::kPageFile:
      return page_operation(page_files()[index]);
    case Action::kOpenApi:
      return {.tag = "server",
              .summary = "this document",
              .answer = Json::object({{"type", "object"}})};
    case Action::kServer:
      return server_operation("the server and its endpoints", "Server");
    case Action::kLive:
      return server_operation("the server runs", "Status");
    case Action::kReady:
      return ready_operation("something is ready and nothing is loading", "Readiness", "Readiness");
    case Action::kConfig:
      return server_operation("the configuration in effect", "Configuration");
    case Action::kMetrics:
      return {.tag = "server",
              .summary = "metrics as Prometheus reads them",
              .answer = Json::object({{"type", "string"}}),
              .type = "text/plain"};
    case Action::kModels:
      return server_operation("every endpoint with its model", "Models");
    case Action::kModel: {
      Operation operation = server_operation("the endpoint and its model", "Model");
      operation.tag = endpoints[index].name;
      return operation;
    }
    case Action::kModelReady: {
      Operation operation =
          ready_operation("the model can be asked", "ModelReadiness", "ModelReadiness");
      operation.tag = endpoints[index].name;
      return operation;
    }
    case Action::kMatrices: {
      Operation operation =
          server_operation("the matrices of the model's encoder, with pictures", "EncoderMatrices");
      operation.tag = endpoints[index].name;
      operation.failures = {kNotReady};
      return operation;
    }
    case Action::kState:
      return server_operation("numbers of the moment", "ServerState");
    case Action::kInfer:
      return infer_operation(endpoints[index], *deployment.catalog().state(index),
                             error_shape(route.path) == ErrorShape::kBoth);
    case Action::kBenchmark:
      return benchmark_operation(endpoints[index]);
    case Action::kAlive:
      return alive_operation();
    case Action::kSagemakerPing:
      return ready_operation("something is ready and nothing is loading", "Status", "Readiness");
    case Action::kAddEndpoint:
      return add_operation(endpoints.front());
    case Action::kRemoveEndpoint:
      return remove_operation();
  }
  throw std::logic_error("an action without description");
}

Json failure_response(const Failure& failure, ErrorShape shape) {
  const char* name = shape == ErrorShape::kError    ? "Error"
                     : shape == ErrorShape::kDetail ? "Detail"
                                                    : "ErrorAndDetail";
  return Json::object(
      {{"description", failure.description},
       {"content",
        content_of(kJsonType, failure.schema.is_null() ? schema_ref(name) : failure.schema)}});
}

Json responses_of(Operation& operation, const std::string& path, bool needs_key) {
  Json headers = Json::object({{"x-request-id", header_ref("RequestId")}});
  if (const auto* more = operation.headers.as_object())
    for (const auto& [name, header] : *more) headers.add(name, header);
  Json content = content_of(std::move(operation.type), std::move(operation.answer));
  if (operation.answer_has_bytes)
    content.add("application/octet-stream", Json::object({{"schema", Json::object({})}}));
  Json responses = Json::object({{"200", Json::object({{"description", "the answer"},
                                                       {"headers", std::move(headers)},
                                                       {"content", std::move(content)}})}});
  if (needs_key)
    operation.failures.push_back({HttpError::kUnauthorized, "the API key is missing or wrong"});
  operation.failures.push_back({HttpError::kInternal, "the reason is in the log"});
  for (const Failure& failure : operation.failures)
    responses.add(std::to_string(http_status(failure.error)),
                  failure_response(failure, error_shape(path)));
  // Any shape: not always is the path known by then.
  for (const auto& [error, name] : {std::pair{HttpError::kRequestTimeout, "RequestTimeout"},
                                    std::pair{HttpError::kBodyTooLarge, "BodyTooLarge"},
                                    std::pair{HttpError::kHeaderTooLarge, "HeaderTooLarge"}})
    responses.add(std::to_string(http_status(error)),
                  Json::object({{"$ref", std::string("#/components/responses/") + name}}));
  return responses;
}

Json body_of(Operation& operation) {
  Json examples = Json::object({});
  for (auto& [name, value] : operation.examples)
    examples.add(name, Json::object({{"value", std::move(value)}}));
  Json media =
      Json::object({{"schema", std::move(operation.body)}, {"examples", std::move(examples)}});
  return Json::object({{"required", operation.body_required},
                       {"content", Json::object({{kJsonType, std::move(media)}})}});
}

Json to_json(Operation operation, const Route& route, bool needs_key) {
  Json json = Json::object({{"tags", Json::array({operation.tag})},
                            {"summary", operation.summary},
                            {"operationId", route.method + " " + route.path}});
  if (needs_key) json.add("security", Json::array({Json::object({{"apiKey", Json::array({})}})}));
  if (route.target.action == Action::kInfer)
    json.add("parameters", Json::array({timeout_header(), timing_parameter()}));
  if (!operation.body.is_null()) json.add("requestBody", body_of(operation));
  json.add("responses", responses_of(operation, route.path, needs_key));
  return json;
}

// The endpoints as they are configured: they are what people come for. An endpoint may have the
// name of another group, which then is one with it.
Json tags_of(const Config& config) {
  std::vector<std::string> names;
  for (const EndpointConfig& endpoint : config.endpoints) names.push_back(endpoint.name);
  Json tags = Json::array({});
  for (const std::string& name : names) tags.add(Json::object({{"name", name}}));
  for (const char* name : {"server", "endpoints", "page"})
    if (std::ranges::find(names, name) == names.end()) tags.add(Json::object({{"name", name}}));
  return tags;
}

std::string lower_case_method(std::string method) {
  for (char& c : method) c = static_cast<char>(c - 'A' + 'a');
  return method;
}

}  // namespace

Json openapi(const Deployment& deployment, Authorization authorization) {
  Json::Object paths;
  for (const Route& route : deployment.router().routes()) {
    const bool needs_key =
        authorization == Authorization::kApiKey && !is_public(route.target.action);
    // Braces would be a parameter, and names may have any other character too.
    const std::string path = percent_encoded(route.path);
    if (paths.empty() || paths.back().first != path) paths.emplace_back(path, Json::object({}));
    paths.back().second.add(lower_case_method(route.method),
                            to_json(operation_of(deployment, route), route, needs_key));
  }
  return Json::object(
      {{"openapi", "3.1.0"},
       {"info", Json::object({{"title", "filigree"},
                              {"version", version()},
                              {"description", "HEAD is answered wherever GET is."}})},
       {"tags", tags_of(deployment.config())},
       {"paths", Json(std::move(paths))},
       {"components", openapi_components()}});
}

}  // namespace filigree::serve
