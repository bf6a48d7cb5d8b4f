// One connection: reads requests, has them answered one after another, writes the responses.
#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <functional>
#include <memory>
#include <set>

#include "serve/http/message.h"
#include "serve/http/server_options.h"

namespace filigree::serve {

// What a session needs of its server, which outlives it. Everything but the Reply happens on the
// network thread.
struct SessionEnvironment {
  ServerOptions options;
  Handler handler;
  std::function<void(int status)> count_unrouted;  // a response to what never became a request
  std::function<void()> closed;                    // after each session has left `sessions`
};

class Session : public std::enable_shared_from_this<Session> {
 public:
  virtual ~Session() = default;
  virtual void start() = 0;
  virtual void drain() = 0;  // closes at once when idle, else after the request that has begun
  virtual void close() = 0;  // closes at once
};

// The open sessions; used by the network thread alone.
struct Sessions {
  std::set<std::shared_ptr<Session>> open;
  bool draining = false;
};

std::shared_ptr<Session> make_session(boost::asio::ip::tcp::socket socket,
                                      const SessionEnvironment& environment, Sessions& sessions);

}  // namespace filigree::serve
