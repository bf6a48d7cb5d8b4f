// The open address: accepts connections and keeps the sessions.
#pragma once

#include <boost/asio/io_context.hpp>
#include <cstdint>
#include <functional>
#include <memory>

#include "serve/config/server_options.h"
#include "serve/http/access_log.h"
#include "serve/http/message.h"

namespace filigree::serve {

class TlsCertificates;

// What answers.
struct ListenerHandlers {
  Handler handle;
  // Sees the response to what never became a request that could be handled.
  std::function<void(const HttpRequest&, HttpResponse&)> refused;
  // Sees every answer when it has been sent; may be null.
  std::function<void(const Access&)> answered = {};
};

// Apart from construction and port(), everything happens on the thread that runs `context`.
class Listener {
 public:
  // Listens, for TLS when `tls` is set; throws BindError. `context` must outlive the listener, and
  // must have ended when it is destroyed; `tls` must outlive it, too.
  Listener(boost::asio::io_context& context, const ServerOptions& options,
           ListenerHandlers handlers, TlsCertificates* tls = nullptr);
  ~Listener();
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  std::uint16_t port() const noexcept;  // 0 on a Unix socket

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
