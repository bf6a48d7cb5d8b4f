// Everything behind the connections: which path does what.
#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <string>

#include "serve/config/config.h"
#include "serve/http/access_log.h"
#include "serve/http/api_keys.h"
#include "serve/http/backend.h"
#include "serve/http/benchmark_requests.h"
#include "serve/http/config_watcher.h"
#include "serve/http/cors.h"
#include "serve/http/deployment.h"
#include "serve/http/deployment_changes.h"
#include "serve/http/endpoint_requests.h"
#include "serve/http/infer.h"
#include "serve/http/load_on_request.h"
#include "serve/http/matrices.h"
#include "serve/http/message.h"
#include "serve/http/metrics.h"
#include "serve/http/request_log.h"
#include "serve/http/router.h"
#include "serve/http/tls_certificates.h"

namespace filigree::serve {

struct AppOptions {
  EndpointPolicy endpoints = {};
  // How often the file of the configuration is looked at; nullopt: never again.
  std::optional<std::chrono::milliseconds> reload_interval = {};
  std::vector<std::string> api_keys = {};      // as in ServerOptions
  std::vector<std::string> cors_origins = {};  // as in ServerOptions
  InferLimits requests = {};
  ModelLimits models = {};
  std::string build_commit = "unknown";
  const AccessLog* access_log = nullptr;  // for the metrics; must outlive the App
  const TlsCertificates* tls = nullptr;   // whose state is among the metrics
};

// Thread-safe.
class App {
 public:
  // Throws ConfigError when two endpoints are at one address.
  App(Config config, Backend backend, AppOptions options = {});
  ~App();  // close()

  // A Handler: answers at once on this thread, or later when it asks a model.
  void handle(HttpRequest request, std::shared_ptr<runtime::CancelFlag> cancel, const Reply& reply);

  // Counts and completes the response to what never became a request (malformed, too large).
  void complete_refusal(const HttpRequest& request, HttpResponse& response);

  // What is served now; somebody must load() its catalog before anything can change.
  std::shared_ptr<Deployment> deployment() const { return current_.get(); }
  bool is_changing() const { return changes_.busy(); }
  const Backend& backend() const noexcept { return backend_; }

  // The metrics of DeepSparse's prometheus logger, for its own port; a Handler. Only with one.
  void handle_prometheus(const HttpRequest& request, const Reply& reply) const;

  // Readiness is 503 from now on; changes and benchmarks are refused or broken off.
  void set_stopping();

  // What waits for its model or for the engine is refused; returns at once.
  void give_up();

  // Returns when every request is answered. No handle() after it.
  void close();

 private:
  void infer(const std::shared_ptr<Deployment>& deployment, std::size_t endpoint,
             HttpRequest request, std::shared_ptr<runtime::CancelFlag> cancel, const Reply& reply);
  void ask(const std::shared_ptr<Deployment>& deployment, std::size_t endpoint,
           std::shared_ptr<const EndpointState> state, HttpRequest request,
           std::shared_ptr<runtime::CancelFlag> cancel, const Reply& reply);
  void benchmark(const std::shared_ptr<Deployment>& deployment, std::size_t endpoint,
                 HttpRequest request, std::shared_ptr<runtime::CancelFlag> cancel,
                 const Reply& reply);
  void act(const std::shared_ptr<Deployment>& deployment, RouteTarget target, HttpRequest request,
           std::shared_ptr<runtime::CancelFlag> cancel, const Reply& reply);
  bool allows(const HttpRequest& request, const RouteTarget* target) const;
  HttpResponse respond(const Deployment& deployment, RouteTarget target) const;
  HttpResponse readiness(const Deployment& deployment) const;
  HttpResponse model_readiness(const Deployment& deployment, std::size_t endpoint) const;
  HttpResponse metrics(const Deployment& deployment) const;
  HttpResponse state(const Deployment& deployment) const;
  HttpResponse config(const Deployment& deployment) const;

  const Backend backend_;
  const ApiKeys api_keys_;
  const Cors cors_;
  const TlsCertificates* const tls_;
  const std::string build_commit_;
  const AccessLog* const access_log_;
  Metrics metrics_;
  const std::shared_ptr<ResidentModels> models_;
  CurrentDeployment current_;
  RequestLog log_;
  std::atomic<bool> stopping_{false};
  InferService infer_;
  BenchmarkRequests benchmarks_;
  MatrixRequests matrices_;
  LoadOnRequest loads_;
  DeploymentChanges changes_;
  EndpointRequests endpoints_;
  std::optional<ConfigWatcher> watcher_;
};

}  // namespace filigree::serve
