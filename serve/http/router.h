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
  kServer,
  kLive,
  kReady,
  kConfig,
  kMetrics,
  kModels,
  kModel,
  kModelReady,
  kInfer
};

struct RouteTarget {
  Action action;
  std::size_t index = 0;  // of the endpoint or the page file
};

struct RouteFailure {
  enum class Kind { kBadTarget, kNotFound, kMethodNotAllowed } kind;
  std::string message;
  std::string allow;  // of kMethodNotAllowed: "GET, HEAD"
};

// Immutable after construction.
class Router {
 public:
  // Every endpoint is at /v2/models<P>, /v2/models<P>/ready and /v2/models<P>/infer, where P is its
  // route, if it has one, and also /<name>; POST <route> is inference as well, or POST /predict for
  // the only endpoint when it has no route. Throws ConfigError when two of these, or one of them
  // and a path of the server, are the same.
  Router(std::span<const EndpointConfig> endpoints, std::span<const PageFile> page);

  // `target` is as in the request line: path or absolute URL, query (ignored), percent-encoded. One
  // trailing slash makes no difference. HEAD is answered wherever GET is.
  std::variant<RouteTarget, RouteFailure> match(std::string_view method,
                                                std::string_view target) const;

  // Paths of POST that ask endpoint number `endpoint`, the first one preferred.
  const std::vector<std::string>& infer_paths(std::size_t endpoint) const;

 private:
  void add(const std::string& method, const std::string& path, RouteTarget target);
  void add_endpoint(std::size_t index, const std::string& part);

  std::map<std::string, std::map<std::string, RouteTarget>, std::less<>> paths_;
  std::vector<std::vector<std::string>> infer_paths_;
};

}  // namespace filigree::serve
