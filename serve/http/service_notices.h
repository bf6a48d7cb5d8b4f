// What the service manager that started this process is told (systemd's protocol of sd_notify):
// when it is ready, how far loading is, that it reloads, that it stops, and that it is alive.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/local/datagram_protocol.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstddef>
#include <functional>
#include <string>

#include "serve/http/service_environment.h"

namespace filigree::serve {

struct ServiceState {
  std::size_t ready = 0;  // endpoints
  std::size_t loading = 0;
  std::size_t failed = 0;
  std::string failure = {};  // of the first of them
  bool changing = false;     // another configuration is being loaded beside this one
  bool started = false;      // it has been ready
  bool stopping = false;
};

// The assignments, one a line, that say so: READY=1 while something is ready and nothing loads (as
// /v2/health/ready), RELOADING=1 while it changes after that, STOPPING=1; STATUS= in any case.
std::string notice_text(const ServiceState& state);

// Looks at the state four times a second, tells what has changed, and gives a sign of life within
// every half of the watchdog's time. All of it happens on the thread that runs `context`, the one
// that serves connections: when that hangs, the signs stop. Never waits for the manager: what its
// full socket does not take is sent at the next look.
class ServiceNotices {
 public:
  // Requires manager.notify_socket. `context` must outlive the notices; `look` fills in everything
  // but started and stopping.
  ServiceNotices(boost::asio::io_context& context, const ServiceEnvironment& manager,
                 std::function<ServiceState()> look);

  void start();
  void stopping();  // tells that; signs of life go on
  void close();     // nothing more is told, and no timer keeps `context` from ending

 private:
  void look();
  bool send(const std::string& text);

  const std::function<ServiceState()> look_;
  const std::chrono::microseconds watchdog_;
  const std::chrono::microseconds interval_;
  const boost::asio::local::datagram_protocol::endpoint manager_;
  boost::asio::local::datagram_protocol::socket socket_;
  boost::asio::steady_timer timer_;
  std::chrono::steady_clock::time_point next_sign_{};
  std::chrono::steady_clock::time_point next_extension_{};
  std::string told_;
  bool started_ = false;
  bool stopping_ = false;
  bool unreachable_ = false;  // and the log says so
};

}  // namespace filigree::serve
