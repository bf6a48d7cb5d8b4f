// One connection: reads requests, has them answered one after another, writes the responses.
#pragma once

#include <atomic>
#include <boost/asio/generic/stream_protocol.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <set>

#include "serve/config/server_options.h"
#include "serve/http/access_log.h"
#include "serve/http/message.h"

namespace filigree::serve {

class TlsCertificates;

// Of TCP or of a Unix socket.
using PlainSocket = boost::asio::generic::stream_protocol::socket;
using SessionClock = std::chrono::steady_clock;

// What a session needs of its server, which outlives it. Everything but the Reply happens on the
// network thread.
struct SessionEnvironment {
  ServerOptions options;
  Handler handler;
  // Sees the response to what never became a request that could be handled.
  std::function<void(const HttpRequest&, HttpResponse&)> refused;
  std::function<void(const Access&)> answered;  // sees every answer, when there is one
  std::function<void()> closed;                 // after each session has left `sessions`
  TlsCertificates* tls = nullptr;               // set: sessions speak TLS
};

class Session : public std::enable_shared_from_this<Session> {
 public:
  virtual ~Session() = default;
  virtual void start() = 0;
  virtual void drain() = 0;  // closes at once when idle, else after the request that has begun
  virtual void close() = 0;  // closes at once
  // A session keeps no timers; it is asked now and then. When the time for what it is doing has
  // passed, it closes, or answers that the request did not come.
  virtual void expire(SessionClock::time_point now) = 0;
};

// The open sessions; used by the network thread alone, but for `draining`.
struct Sessions {
  std::set<std::shared_ptr<Session>> open;
  std::size_t refused = 0;             // of them, those that are only told that there are too many
  std::atomic<bool> draining = false;  // read by those who answer, too
};

// What becomes of a connection: it is served, or told that there are too many.
enum class Admission { kServe, kRefuse };

std::shared_ptr<Session> make_session(PlainSocket socket, Admission admission,
                                      const SessionEnvironment& environment, Sessions& sessions);

// The same over TLS; what make_session() gives when environment.tls is set.
std::shared_ptr<Session> make_tls_session(PlainSocket socket, Admission admission,
                                          const SessionEnvironment& environment,
                                          Sessions& sessions);

}  // namespace filigree::serve
