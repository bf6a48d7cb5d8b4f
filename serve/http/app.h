// Everything behind the connections: which path does what.
#pragma once

#include <atomic>
#include <memory>
#include <string>

#include "serve/config/config.h"
#include "serve/http/backend.h"
#include "serve/http/catalog.h"
#include "serve/http/infer.h"
#include "serve/http/message.h"
#include "serve/http/metrics.h"
#include "serve/http/router.h"

namespace filigree::serve {

// Thread-safe.
class App {
 public:
  // Throws ConfigError when two endpoints are at one address.
  App(Config config, Backend backend);

  // A Handler: answers at once on this thread, or later when it asks a model.
  void handle(HttpRequest request, std::shared_ptr<runtime::CancelFlag> cancel, const Reply& reply);

  // For requests that never became one (malformed, too large): counts `response`.
  void count_unrouted(int status) { metrics_.count(std::nullopt, status); }

  Catalog& catalog() noexcept { return catalog_; }
  const Backend& backend() const noexcept { return backend_; }

  // Readiness is 503 from now on.
  void set_stopping() noexcept { stopping_ = true; }

  // Returns when every request is answered. No handle() after it.
  void close() { infer_.close(); }

 private:
  HttpResponse respond(RouteTarget target);
  HttpResponse respond(const RouteFailure& failure) const;
  HttpResponse readiness() const;
  HttpResponse model_readiness(std::size_t endpoint) const;
  HttpResponse metrics() const;
  Json endpoint_json(std::size_t endpoint) const;
  Json endpoints_json() const;

  const Config config_;
  const Backend backend_;
  const Router router_;
  Metrics metrics_;
  Catalog catalog_;
  std::atomic<bool> stopping_{false};
  InferService infer_;
};

}  // namespace filigree::serve
