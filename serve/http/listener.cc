#include "serve/http/listener.h"

#include <algorithm>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <utility>
#include <vector>

#include "serve/http/listening_socket.h"
#include "serve/http/session.h"
#include "serve/log.h"

namespace filigree::serve {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

// Connections beyond the limit that are being told so; still more wait in the kernel's queue.
constexpr std::size_t kMaxRefused = 64;

// How often sessions are asked whether their time has passed: a timeout may last a quarter longer.
std::chrono::milliseconds sweep_interval(const ServerOptions& options) {
  const std::chrono::milliseconds shortest =
      std::min({options.idle_timeout, options.read_timeout, options.write_timeout});
  return std::clamp(shortest / 4, std::chrono::milliseconds(5), std::chrono::milliseconds(250));
}

}  // namespace

class Listener::Impl {
 public:
  Impl(asio::io_context& context, const ServerOptions& options, ListenerHandlers handlers,
       TlsCertificates* tls)
      : listening_(listen_on(context, options)),
        retry_(context),
        sweep_(context),
        sweep_interval_(sweep_interval(options)),
        environment_{options,
                     std::move(handlers.handle),
                     std::move(handlers.refused),
                     std::move(handlers.answered),
                     [this] { closed(); },
                     tls} {}

  std::uint16_t port() const noexcept { return listening_.port; }

  void accept() {
    if (accepting_ || sessions_.draining || sessions_.refused >= kMaxRefused) return;
    accepting_ = true;
    listening_.acceptor.async_accept([this](error_code error, PlainSocket socket) {
      accepting_ = false;
      if (sessions_.draining) return;
      if (error) return accept_later(error);
      make_session(std::move(socket), admission(), environment_, sessions_)->start();
      if (!sweeping_) sweep_later();
      accept();
    });
  }

  void drain(std::function<void()> done) {
    sessions_.draining = true;
    drained_ = std::move(done);
    error_code ignored;
    listening_.acceptor.close(ignored);
    listening_.file.reset();
    retry_.cancel();
    for (const auto& session : snapshot()) session->drain();
    tell_when_empty();
  }

  void close_all() {
    for (const auto& session : snapshot()) session->close();
  }

 private:
  Admission admission() const {
    const std::size_t served = sessions_.open.size() - sessions_.refused;
    return served < environment_.options.max_connections ? Admission::kServe : Admission::kRefuse;
  }

  std::vector<std::shared_ptr<Session>> snapshot() const {
    return {sessions_.open.begin(), sessions_.open.end()};
  }

  void closed() {
    if (sessions_.draining) return tell_when_empty();
    accept();
  }

  void tell_when_empty() {
    if (!sessions_.open.empty()) return;
    sweep_.cancel();
    if (drained_) std::exchange(drained_, nullptr)();
  }

  // Out of file descriptors, say: accepting again at once would spin.
  void accept_later(const error_code& error) {
    constexpr std::chrono::milliseconds kPause{100};
    log(LogLevel::kWarning, "cannot accept a connection: " + error.message());
    retry_.expires_after(kPause);
    retry_.async_wait([this](error_code aborted) {
      if (!aborted) accept();
    });
  }

  // One timer for all: arming one for every phase of every request costs more than the requests.
  void sweep_later() {
    sweeping_ = true;
    sweep_.expires_after(sweep_interval_);
    sweep_.async_wait([this](error_code aborted) {
      sweeping_ = false;
      if (aborted) return;
      const auto now = SessionClock::now();
      for (const auto& session : snapshot()) session->expire(now);
      if (!sessions_.open.empty()) sweep_later();
    });
  }

  ListeningSocket listening_;
  asio::steady_timer retry_;
  asio::steady_timer sweep_;
  const std::chrono::milliseconds sweep_interval_;
  SessionEnvironment environment_;
  Sessions sessions_;
  bool accepting_ = false;
  bool sweeping_ = false;
  std::function<void()> drained_;
};

Listener::Listener(asio::io_context& context, const ServerOptions& options,
                   ListenerHandlers handlers, TlsCertificates* tls)
    : impl_(std::make_unique<Impl>(context, options, std::move(handlers), tls)) {}

Listener::~Listener() = default;

std::uint16_t Listener::port() const noexcept { return impl_->port(); }
void Listener::start() { impl_->accept(); }
void Listener::drain(std::function<void()> done) { impl_->drain(std::move(done)); }
void Listener::close_all() { impl_->close_all(); }

}  // namespace filigree::serve
