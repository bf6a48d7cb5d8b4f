#include "serve/http/service_notices.h"

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <utility>

#include "serve/log.h"

namespace filigree::serve {
namespace {

using std::chrono::microseconds;
using Datagram = boost::asio::local::datagram_protocol;

constexpr microseconds kLook{250'000};
// A start may take long, and the manager waits as long as it hears that it goes on.
constexpr std::chrono::seconds kExtendEvery{5};
constexpr const char* kExtension = "EXTEND_TIMEOUT_USEC=30000000";

// '@' stands for the zero byte that begins an abstract name.
Datagram::endpoint endpoint_of(std::string name) {
  if (name.front() == '@') name.front() = '\0';
  return {name};
}

std::string counted(std::size_t endpoints) {
  return std::to_string(endpoints) + (endpoints == 1 ? " endpoint" : " endpoints");
}

bool is_ready(const ServiceState& state) { return state.loading == 0 && state.ready > 0; }

std::string status_of(const ServiceState& state) {
  if (state.stopping) return "finishing the requests in flight";
  const std::size_t all = state.ready + state.loading + state.failed;
  std::string status;
  if (state.loading > 0)
    status = "loading, " + std::to_string(state.ready) + " of " + counted(all) + " ready";
  else if (state.ready == 0)
    status = "no endpoint can be served";
  else
    status = "serving " + counted(state.ready);
  if (state.changing && is_ready(state)) status += ", loading another configuration";
  if (state.failed > 0) status += ", " + std::to_string(state.failed) + " failed: " + state.failure;
  // A line end would end the assignment.
  std::ranges::replace_if(
      status, [](char c) { return c == '\n' || c == '\r'; }, ' ');
  return status;
}

std::string state_assignment(const ServiceState& state) {
  if (state.stopping) return "STOPPING=1\n";
  if (!is_ready(state)) return "";
  return state.changing && state.started ? "RELOADING=1\n" : "READY=1\n";
}

}  // namespace

std::string notice_text(const ServiceState& state) {
  return state_assignment(state) + "STATUS=" + status_of(state);
}

ServiceNotices::ServiceNotices(boost::asio::io_context& context, const ServiceEnvironment& manager,
                               std::function<ServiceState()> look)
    : look_(std::move(look)),
      watchdog_(manager.watchdog),
      interval_(watchdog_.count() > 0 ? std::clamp(watchdog_ / 4, microseconds(1000), kLook)
                                      : kLook),
      manager_(endpoint_of(manager.notify_socket)),
      socket_(context, Datagram()),
      timer_(context) {
  socket_.non_blocking(true);
}

void ServiceNotices::start() { look(); }

void ServiceNotices::stopping() {
  stopping_ = true;
  look();
}

void ServiceNotices::close() {
  boost::system::error_code ignored;
  socket_.close(ignored);
  timer_.cancel();
}

void ServiceNotices::look() {
  const auto now = std::chrono::steady_clock::now();
  ServiceState state = look_();
  state.started = started_;
  state.stopping = stopping_;
  const std::string text = notice_text(state);
  if (text != told_ && send(text)) {
    told_ = text;
    started_ = started_ || is_ready(state);
  }
  if (state.loading > 0 && !started_ && now >= next_extension_ && send(kExtension))
    next_extension_ = now + kExtendEvery;
  if (watchdog_.count() > 0 && now >= next_sign_ && send("WATCHDOG=1"))
    next_sign_ = now + watchdog_ / 4;
  timer_.expires_after(interval_);
  timer_.async_wait([this](boost::system::error_code aborted) {
    if (!aborted && socket_.is_open()) look();
  });
}

bool ServiceNotices::send(const std::string& text) {
  boost::system::error_code error;
  socket_.send_to(boost::asio::buffer(text), manager_, 0, error);
  const bool is_full = error == boost::asio::error::would_block;
  if (error && !is_full && !std::exchange(unreachable_, true))
    log(LogLevel::kWarning,
        "the service manager cannot be told: NOTIFY_SOCKET: " + error.message());
  return !error;
}

}  // namespace filigree::serve
