// The open port: accepts connections and keeps the sessions.
#pragma once

#include <boost/asio/io_context.hpp>
#include <cstdint>
#include <functional>
#include <memory>

#include "serve/http/message.h"
#include "serve/http/server_options.h"

namespace filigree::serve {

// Apart from construction and port(), everything happens on the thread that runs `context`.
class Listener {
 public:
  // Listens; throws BindError. `context` must outlive the listener, and must have ended when it is
  // destroyed.
  Listener(boost::asio::io_context& context, const ServerOptions& options, Handler handler,
           std::function<void(int status)> count_unrouted);
  ~Listener();
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  std::uint16_t port() const noexcept;

  void start();  // begins to accept

  // Closes the port and every connection without a request in progress; calls `done` when the last
  // one has closed.
  void drain(std::function<void()> done);

  void close_all();  // closes the remaining connections at once

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace filigree::serve
