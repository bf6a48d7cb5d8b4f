// The HTTP server: opens its port at once, loads the models of a configuration in the background
// and answers questions.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <stop_token>
#include <string>

#include "serve/config/config.h"
#include "serve/config/server_options.h"
#include "serve/http/backend.h"

namespace filigree::serve {

// The address cannot be listened on; the message names it and why.
class BindError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// With ServerOptions::strict: an endpoint cannot be served; the message names it and why.
class ModelError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

class Server {
 public:
  // Listens from here on; throws BindError or ConfigError (two endpoints at one address, files of
  // TLS that cannot be used).
  Server(Config config, const ServerOptions& options, Backend backend);
  ~Server();  // stop()
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // Starts to answer, and to load the models; returns at once.
  void start();

  std::uint16_t port() const noexcept;
  // Of the prometheus logger, when the configuration has one: its metrics are at every path.
  std::optional<std::uint16_t> prometheus_port() const noexcept;

  // True once every endpoint is ready or failed; waits at most `timeout` for that.
  bool wait_until_loaded(std::chrono::milliseconds timeout);

  // After a rotation of logs: the access log goes on in the file that has its path now.
  bool has_access_log() const noexcept;
  void reopen_logs();

  // With ServerOptions::strict, waits until every endpoint is ready, one has failed, or `stop`: why
  // the one that failed cannot be served. Empty otherwise, and at once without `strict`.
  std::string failure_at_start(const std::stop_token& stop);

  // Readiness becomes 503, the port closes, requests that have begun are answered: with 503 those
  // that take longer than drain_timeout. Returns when all is done. Idempotent.
  void stop();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

// Starts the server, calls `listening` with the port, and returns when SIGTERM or SIGINT came and
// what was in flight is answered. A second signal ends the process at once. Ignores SIGPIPE from
// then on. Throws ModelError, after what was in flight, for the first endpoint that fails
// at the start when the server is strict.
void run_until_signal(Server& server, const std::function<void(std::uint16_t port)>& listening);

// The whole of `filigree serve`: an engine, a server and run_until_signal(). Throws what their
// constructors throw.
void serve(const Config& config, const ServerOptions& options,
           const std::function<void(std::uint16_t port)>& listening);

}  // namespace filigree::serve
