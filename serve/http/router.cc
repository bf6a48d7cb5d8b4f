#include "serve/http/router.h"

#include <optional>

#include "serve/excerpt.h"
#include "serve/http/percent_encoding.h"

namespace filigree::serve {
namespace {

// The path of a target, which a proxy may send as a whole URL.
std::string_view path_of(std::string_view target) {
  if (const auto scheme = target.find("://");
      scheme != std::string_view::npos && scheme < target.find('/')) {
    const auto slash = target.find('/', scheme + 3);
    target = slash == std::string_view::npos ? "/" : target.substr(slash);
  }
  return target.substr(0, target.find_first_of("?#"));
}

// For messages.
std::string shown(std::string_view path) {
  std::string text = percent_encoded(path.substr(0, kMostShownBytes + 1));
  if (text.size() <= kMostShownBytes) return text;
  text.resize(kMostShownBytes);
  if (const auto last = text.rfind('%'); last != std::string::npos && last + 3 > text.size())
    text.resize(last);
  return text + "...";
}

}  // namespace

Router::Router(std::span<const EndpointConfig> endpoints, std::span<const PageFile> page,
               Integration integration)
    : infer_paths_(endpoints.size()) {
  for (std::size_t i = 0; i < page.size(); ++i) {
    add("GET", std::string("/").append(page[i].name), {Action::kPageFile, i});
    if (page[i].name == "index.html") add("GET", "/", {Action::kPageFile, i});
    if (page[i].name == "docs.html") add("GET", "/docs", {Action::kPageFile, i});
  }
  add_server(integration);
  for (std::size_t i = 0; i < endpoints.size(); ++i) {
    const EndpointConfig& endpoint = endpoints[i];
    const std::string named = "/" + endpoint.name;
    if (endpoint.route) add_endpoint(i, *endpoint.route);
    if (endpoint.route != named) add_endpoint(i, named);
    if (!endpoint.route && endpoints.size() > 1) continue;
    const std::string bare = endpoint.route.value_or("/predict");
    add("POST", bare, {Action::kInfer, i});
    infer_paths_[i].push_back(bare);
  }
  if (integration == Integration::kSagemaker) add_sagemaker(endpoints);
}

void Router::add_server(Integration integration) {
  add("GET", "/v2", {Action::kServer});
  add("GET", "/v2/health/live", {Action::kLive});
  add("GET", "/v2/health/ready", {Action::kReady});
  add("GET", "/v2/models", {Action::kModels});
  add("GET", "/v2/state", {Action::kState});
  add("GET", "/config", {Action::kConfig});
  add("GET", "/openapi.json", {Action::kOpenApi});
  add("GET", "/metrics", {Action::kMetrics});
  add("POST", "/endpoints", {Action::kAddEndpoint});
  add("DELETE", "/endpoints", {Action::kRemoveEndpoint});
  for (const char* path : {"/health", "/healthcheck", "/status"})
    add("GET", path, {Action::kAlive});
  const bool sagemaker = integration == Integration::kSagemaker;
  add("GET", "/ping", {sagemaker ? Action::kSagemakerPing : Action::kAlive});
}

void Router::add_endpoint(std::size_t index, const std::string& part) {
  const std::string path = "/v2/models" + part;
  add("GET", path, {Action::kModel, index});
  add("GET", path + "/ready", {Action::kModelReady, index});
  add("GET", path + "/matrices", {Action::kMatrices, index});
  add("POST", path + "/infer", {Action::kInfer, index});
  add("POST", path + "/benchmark", {Action::kBenchmark, index});
  infer_paths_[index].push_back(path + "/infer");
}

void Router::add_sagemaker(std::span<const EndpointConfig> endpoints) {
  for (std::size_t i = 0; i < endpoints.size(); ++i) {
    const std::string path = "/invocations" + endpoints[i].route.value_or("/" + endpoints[i].name);
    add("GET", path, {Action::kModel, i});
    add("GET", path + "/ready", {Action::kModelReady, i});
    add("POST", path + "/infer", {Action::kInfer, i});
    infer_paths_[i].push_back(path + "/infer");
  }
  if (endpoints.size() != 1) return;
  add("POST", "/invocations", {Action::kInfer, 0});
  infer_paths_[0].push_back("/invocations");
}

void Router::add(const std::string& method, const std::string& path, RouteTarget target) {
  if (!paths_[path].emplace(method, target).second)
    throw AddressTaken("two endpoints, or an endpoint and the server, are both at " + method + " " +
                       path + "; give one of them another name or route");
}

bool is_public(Action action) noexcept {
  return action == Action::kLive || action == Action::kReady || action == Action::kModelReady ||
         action == Action::kMetrics || action == Action::kPageFile;
}

ErrorShape error_shape(std::string_view target) {
  std::string_view path = path_of(target);
  if (path.ends_with('/')) path.remove_suffix(1);
  if (path != "/v2" && !path.starts_with("/v2/")) return ErrorShape::kDetail;
  return path.ends_with("/infer") || path.ends_with("/benchmark") ? ErrorShape::kBoth
                                                                  : ErrorShape::kError;
}

std::variant<RouteTarget, RouteFailure> Router::match(std::string_view method,
                                                      std::string_view target) const {
  const auto path = percent_decoded(path_of(target));
  if (!path)
    return RouteFailure{RouteFailure::Kind::kBadTarget,
                        "the path has a '%' that is not followed by two hexadecimal digits",
                        {}};
  std::string_view wanted = *path;
  if (wanted.size() > 1 && wanted.ends_with('/')) wanted.remove_suffix(1);
  const auto found = paths_.find(wanted);
  if (found == paths_.end())
    return RouteFailure{
        RouteFailure::Kind::kNotFound, "there is nothing at '" + shown(*path) + "'", {}};
  const auto& methods = found->second;
  const auto action = methods.find(method == "HEAD" ? "GET" : std::string(method));
  if (action != methods.end()) return action->second;
  std::string allow;
  for (const auto& [name, unused] : methods)
    allow += (allow.empty() ? "" : ", ") + (name == "GET" ? "GET, HEAD" : name);
  return RouteFailure{RouteFailure::Kind::kMethodNotAllowed,
                      "method " + std::string(method) + " is not allowed here, expected " + allow,
                      allow};
}

const std::vector<std::string>& Router::infer_paths(std::size_t endpoint) const {
  return infer_paths_.at(endpoint);
}

std::vector<Route> Router::routes() const {
  std::vector<Route> routes;
  for (const auto& [path, methods] : paths_)
    for (const auto& [method, target] : methods) routes.push_back({method, path, target});
  return routes;
}

}  // namespace filigree::serve
