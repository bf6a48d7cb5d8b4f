// The HTTP server: opens its port at once, loads the models of a configuration in the background
// and answers questions.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>

#include "runtime/engine.h"
#include "serve/config/config.h"

namespace filigree::serve {

// The address cannot be listened on; the message names it and why.
class BindError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

struct ServerOptions {
  std::string host = "0.0.0.0";  // an IPv4 or IPv6 address, or a name that resolves to one
  std::uint16_t port = 5543;     // 0: any free one
  std::size_t max_body_bytes = 2 << 20;
  std::size_t max_header_bytes = 16 << 10;
  std::size_t max_connections = 1024;               // more wait in the kernel's queue
  std::chrono::milliseconds idle_timeout{60'000};   // a connection that waits for a request
  std::chrono::milliseconds read_timeout{20'000};   // from the first byte of a request to its last
  std::chrono::milliseconds write_timeout{20'000};  // one response
  std::chrono::milliseconds drain_timeout{30'000};  // stop() gives up on connections after this
};

// What the server needs of the engine and the loader; a test may bring its own. The functions are
// thread-safe.
struct Backend {
  std::function<std::shared_ptr<const loader::Model>(const std::filesystem::path&)> load_model;
  std::function<std::shared_ptr<const tokenizer::Tokenizer>(const std::filesystem::path&)>
      load_tokenizer;  // of a folder
  std::function<void(runtime::Request, runtime::Engine::Done)> submit;
  std::function<std::size_t()> queued_requests;
  std::function<void()> drain;  // returns when every accepted request is answered
  std::string isa;
  std::size_t cores = 0;
};

// `engine` must outlive the Backend.
Backend engine_backend(runtime::Engine& engine);

class Server {
 public:
  // Listens from here on; throws BindError or ConfigError (two endpoints at one address).
  Server(Config config, const ServerOptions& options, Backend backend);
  ~Server();  // stop()
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // Starts to answer, and to load the models; returns at once.
  void start();

  std::uint16_t port() const noexcept;

  // True once every endpoint is ready or failed; waits at most `timeout` for that.
  bool wait_until_loaded(std::chrono::milliseconds timeout);

  // Readiness becomes 503, the port closes, requests that have begun are answered. Returns when all
  // is done. Idempotent.
  void stop();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

// Serves until SIGTERM or SIGINT, then finishes what is in flight. A second signal ends the process
// at once. Calls `listening` with the port as soon as connections are accepted. Throws as Server
// does, and what Engine throws.
void serve(const Config& config, const ServerOptions& options,
           const std::function<void(std::uint16_t port)>& listening);

}  // namespace filigree::serve
