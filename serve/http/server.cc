#include "serve/http/server.h"

#include <algorithm>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <chrono>
#include <future>
#include <thread>
#include <utility>
#include <vector>

#include "serve/http/app.h"
#include "serve/http/endpoint_state.h"
#include "serve/http/listener.h"
#include "serve/http/service_environment.h"
#include "serve/http/service_notices.h"
#include "serve/http/time_slice.h"
#include "serve/log.h"

namespace filigree::serve {
namespace {

// Loading is half reading, half packing: two at a time keep two cores busy without doubling the
// memory that the files take meanwhile for every further one.
constexpr std::size_t kLoaders = 2;

// For the refusals of requests that are given up, and answers that were just being computed, to
// reach their clients; only a client that does not read is cut off.
constexpr std::chrono::seconds kFarewell{2};

// Several times what the network thread needs for one event, and the least that Linux takes.
constexpr std::chrono::microseconds kNetworkSlice{100};

// Steps of nice: nine times the weight of a thread that computes.
constexpr int kNetworkPriority = 10;

std::unique_ptr<AccessLog> access_log_of(const ServerOptions& options) {
  if (options.access_log.empty()) return nullptr;
  try {
    return std::make_unique<AccessLog>(options.access_log);
  } catch (const std::runtime_error& error) {
    throw ConfigError(std::string("access_log: ") + error.what());
  }
}

AppOptions app_options(const ServerOptions& options, const AccessLog* access_log,
                       const TlsCertificates* tls) {
  return {.endpoints = {.allowed = options.admin || !options.api_keys.empty(),
                        .model_root = options.model_root},
          .reload_interval = options.reload_interval,
          .api_keys = options.api_keys,
          .cors_origins = options.cors_origins,
          .requests = {.timeout = options.request_timeout,
                       .max_tokens = options.max_request_tokens,
                       .max_client_batch = options.max_client_batch},
          .models = {.max_memory = options.max_memory, .load_timeout = options.load_timeout},
          .build_commit = options.build_commit,
          .access_log = access_log,
          .tls = tls};
}

ServiceState state_of(const App& app) {
  const auto deployment = app.deployment();
  ServiceState state{.failure = deployment->catalog().failure({}), .changing = app.is_changing()};
  for (const auto& endpoint : deployment->catalog().states()) {
    const bool has_failed = endpoint->kind == EndpointState::Kind::kFailed;
    ++(is_served(*endpoint) ? state.ready : has_failed ? state.failed : state.loading);
  }
  return state;
}

}  // namespace

class Server::Impl {
 public:
  Impl(Config config, const ServerOptions& options, Backend backend)
      : options_(options),
        access_log_(access_log_of(options)),
        tls_(tls_certificates(options)),
        app_(std::move(config), std::move(backend),
             app_options(options, access_log_.get(), tls_.get())),
        listener_(context_, options_,
                  {.handle =
                       [this](HttpRequest request, std::shared_ptr<runtime::CancelFlag> cancel,
                              const Reply& reply) {
                         app_.handle(std::move(request), std::move(cancel), reply);
                       },
                   .refused =
                       [this](const HttpRequest& request, HttpResponse& response) {
                         app_.complete_refusal(request, response);
                       },
                   .answered = answered()},
                  tls_.get()) {
    if (const auto manager = service_environment(); !manager.notify_socket.empty())
      notices_ =
          std::make_unique<ServiceNotices>(context_, manager, [this] { return state_of(app_); });
    const auto& logger = app_.deployment()->config().logging.prometheus;
    if (!logger) return;
    ServerOptions own = options_;
    own.port = logger->port;
    own.uds.clear();
    prometheus_ = std::make_unique<Listener>(
        context_, own,
        ListenerHandlers{
            .handle = [this](const HttpRequest& request,
                             const std::shared_ptr<runtime::CancelFlag>&,
                             const Reply& reply) { app_.handle_prometheus(request, reply); },
            .refused = [](const HttpRequest&, HttpResponse&) {}},
        tls_.get());
    log(LogLevel::kInfo,
        "the prometheus logger listens on port " + std::to_string(prometheus_->port()));
  }

  ~Impl() { stop(); }

  void start() {
    boost::asio::post(context_, [this] {
      listener_.start();
      if (prometheus_) prometheus_->start();
      if (notices_) notices_->start();
    });
    network_ = std::jthread([this] { run_network(); });
    for (std::size_t i = 0; i < kLoaders; ++i)
      loaders_.emplace_back([this, deployment = app_.deployment()](const std::stop_token& stop) {
        deployment->catalog().load(
            stop, options_.strict ? Catalog::Extent::kEach : Catalog::Extent::kWhatFits);
      });
  }

  std::uint16_t port() const noexcept { return listener_.port(); }
  AccessLog* access_log() const noexcept { return access_log_.get(); }

  std::optional<std::uint16_t> prometheus_port() const noexcept {
    if (!prometheus_) return std::nullopt;
    return prometheus_->port();
  }

  bool wait_until_loaded(std::chrono::milliseconds timeout) {
    return app_.deployment()->catalog().wait_until_loaded(timeout);
  }

  std::string failure_at_start(const std::stop_token& stop) {
    constexpr std::chrono::milliseconds kLookForFailure{20};
    if (!options_.strict) return {};
    const auto first = app_.deployment();
    const Catalog& catalog = first->catalog();
    for (;;) {
      const bool is_loaded = catalog.wait_until_loaded(kLookForFailure);
      std::string failure = catalog.failure({});
      if (!failure.empty() || is_loaded || stop.stop_requested()) return failure;
    }
  }

  void stop() {
    if (std::exchange(stopped_, true)) return;
    app_.set_stopping();
    for (std::jthread& loader : loaders_) loader.request_stop();
    if (network_.joinable()) {
      if (notices_) boost::asio::post(context_, [this] { notices_->stopping(); });
      drain_connections();
      app_.backend().drain();
    }
    // Its answers are at hand at once: nothing is cut off that did not have the whole time.
    if (prometheus_ && network_.joinable()) close_prometheus();
    app_.close();
    loaders_.clear();
    if (notices_) boost::asio::post(context_, [this] { notices_->close(); });
    work_.reset();
    if (network_.joinable()) network_.join();
  }

 private:
  std::function<void(const Access&)> answered() {
    if (!access_log_) return {};
    return [log = access_log_.get()](const Access& access) { log->add(access); };
  }

  // What a connection's code throws (no memory, say) costs that connection, not the server.
  void run_network() {
    prefer_time_slices(kNetworkSlice);
    prefer_priority(kNetworkPriority);
    for (;;) {
      try {
        context_.run();
        return;
      } catch (const std::exception& error) {
        log(LogLevel::kError, std::string("network: ") + error.what());
      }
    }
  }

  void close_prometheus() {
    // Shared, as below: set_value() may still be at it when this thread goes on.
    const auto closed = std::make_shared<std::promise<void>>();
    boost::asio::post(context_, [this, closed] {
      prometheus_->drain([closed] { closed->set_value(); });
      prometheus_->close_all();
    });
    closed->get_future().wait();
  }

  void drain_connections() {
    const auto drained = std::make_shared<std::promise<void>>();
    const auto done = drained->get_future();
    boost::asio::post(context_,
                      [this, drained] { listener_.drain([drained] { drained->set_value(); }); });
    if (done.wait_for(options_.drain_timeout) == std::future_status::ready) return;
    log(LogLevel::kWarning, "some requests are not answered after " +
                                std::to_string(options_.drain_timeout.count()) +
                                " ms; they are refused and their connections closed");
    app_.give_up();
    if (done.wait_for(kFarewell) == std::future_status::ready) return;
    boost::asio::post(context_, [this] { listener_.close_all(); });
    done.wait();
  }

  const ServerOptions options_;
  boost::asio::io_context context_{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_ =
      boost::asio::make_work_guard(context_);
  const std::unique_ptr<AccessLog> access_log_;
  const std::unique_ptr<TlsCertificates> tls_;
  App app_;
  Listener listener_;
  std::unique_ptr<Listener> prometheus_;
  std::unique_ptr<ServiceNotices> notices_;  // when a service manager has asked for them
  std::jthread network_;
  std::vector<std::jthread> loaders_;
  bool stopped_ = false;
};

Server::Server(Config config, const ServerOptions& options, Backend backend)
    : impl_(std::make_unique<Impl>(std::move(config), options, std::move(backend))) {}

Server::~Server() = default;

void Server::start() { impl_->start(); }
std::uint16_t Server::port() const noexcept { return impl_->port(); }
std::optional<std::uint16_t> Server::prometheus_port() const noexcept {
  return impl_->prometheus_port();
}
void Server::stop() { impl_->stop(); }

bool Server::has_access_log() const noexcept { return impl_->access_log() != nullptr; }
void Server::reopen_logs() {
  if (AccessLog* access_log = impl_->access_log()) access_log->reopen();
}

std::string Server::failure_at_start(const std::stop_token& stop) {
  return impl_->failure_at_start(stop);
}

bool Server::wait_until_loaded(std::chrono::milliseconds timeout) {
  return impl_->wait_until_loaded(timeout);
}

}  // namespace filigree::serve
