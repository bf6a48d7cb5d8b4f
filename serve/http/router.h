// Which action a method and a path mean.
#pragma once

#include <cstddef>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "serve/config/config.h"
#include "serve/http/page.h"

namespace filigree::serve {

enum class Action {
  kPageFile,
  kOpenApi,
  kServer,
  kLive,
  kReady,
  kConfig,
  kMetrics,
  kModels,
  kModel,
  kModelReady,
  kMatrices,
  kState,
  kInfer,
  kBenchmark,
  kAlive,          // of DeepSparse before 1.6: true
  kSagemakerPing,  // 200 when ready
  kAddEndpoint,
  kRemoveEndpoint
};

struct RouteTarget {
  Action action;
  std::size_t index = 0;  // of the endpoint or the page file
};

// What needs no API key: what probes and collectors ask, which have none, and the page itself,
// which shows nothing without one.
bool is_public(Action action) noexcept;

struct Route {
  std::string method, path;
  RouteTarget target;
};

// How clients of a path expect to read what went wrong.
enum class ErrorShape {
  kDetail,  // FastAPI, which DeepSparse used: "detail"
  kError,   // Open Inference: "error"
  kBoth     // paths of Open Inference that DeepSparse's clients use
};

// Of a target as in the request line, whether there is something or not.
ErrorShape error_shape(std::string_view target);

struct RouteFailure {
  enum class Kind { kBadTarget, kNotFound, kMethodNotAllowed } kind;
  std::string message;  // of kNotFound: with the path, percent-encoded and cut, without the query
  std::string allow;    // of kMethodNotAllowed: "GET, HEAD"
};

// Immutable after construction.
class Router {
 public:
  // Every endpoint is at /v2/models<P>, its /ready, /matrices, /infer and /benchmark, where P is
  // its route, if it has one, and also /<name>; POST <route> is inference as well, or POST /predict
  // for the only endpoint when it has no route. kSagemaker adds POST /invocations<P>/infer, GET
  // /invocations<P> and its /ready, and POST /invocations for the only endpoint. Throws
  // AddressTaken when two of these, or one of them and a path of the server, are the same.
  Router(std::span<const EndpointConfig> endpoints, std::span<const PageFile> page,
         Integration integration = Integration::kLocal);

  // `target` is as in the request line: path or absolute URL, query (ignored), percent-encoded. One
  // trailing slash makes no difference. HEAD is answered wherever GET is.
  std::variant<RouteTarget, RouteFailure> match(std::string_view method,
                                                std::string_view target) const;

  // Paths of POST that ask endpoint number `endpoint`, the first one preferred.
  const std::vector<std::string>& infer_paths(std::size_t endpoint) const;

  // All of them, in the order of their paths; HEAD is not listed.
  std::vector<Route> routes() const;

 private:
  void add(const std::string& method, const std::string& path, RouteTarget target);
  void add_server(Integration integration);
  void add_endpoint(std::size_t index, const std::string& part);
  void add_sagemaker(std::span<const EndpointConfig> endpoints);

  std::map<std::string, std::map<std::string, RouteTarget>, std::less<>> paths_;
  std::vector<std::vector<std::string>> infer_paths_;
};

}  // namespace filigree::serve
