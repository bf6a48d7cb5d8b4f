#include "serve/http/listener.h"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <utility>
#include <vector>

#include "serve/http/server.h"
#include "serve/http/session.h"
#include "serve/log.h"

namespace filigree::serve {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

std::string address_text(const ServerOptions& options) {
  const bool bare_ipv6 = options.host.find(':') != std::string::npos;
  return (bare_ipv6 ? "[" + options.host + "]" : options.host) + ":" + std::to_string(options.port);
}

[[noreturn]] void fail(const ServerOptions& options, const error_code& error) {
  throw BindError("cannot listen on " + address_text(options) + ": " + error.message());
}

tcp::endpoint resolve(asio::io_context& context, const ServerOptions& options) {
  error_code error;
  const auto address = asio::ip::make_address(options.host, error);
  if (!error) return {address, options.port};
  tcp::resolver resolver(context);
  const auto found =
      resolver.resolve(options.host, std::to_string(options.port), tcp::resolver::passive, error);
  if (error) fail(options, error);
  return found.begin()->endpoint();
}

}  // namespace

class Listener::Impl {
 public:
  Impl(asio::io_context& context, const ServerOptions& options, Handler handler,
       std::function<void(int)> count_unrouted)
      : acceptor_(context),
        retry_(context),
        environment_{options, std::move(handler), std::move(count_unrouted), [this] { closed(); }} {
    const tcp::endpoint endpoint = resolve(context, options);
    error_code error;
    acceptor_.open(endpoint.protocol(), error);
    // Without it the port of a server that has just ended stays busy for a minute.
    if (!error) acceptor_.set_option(tcp::acceptor::reuse_address(true), error);
    if (!error && endpoint.address() == asio::ip::address_v6::any())
      acceptor_.set_option(asio::ip::v6_only(false), error);
    if (!error) acceptor_.bind(endpoint, error);
    if (!error) acceptor_.listen(tcp::socket::max_listen_connections, error);
    if (!error) port_ = acceptor_.local_endpoint(error).port();
    if (error) fail(options, error);
  }

  std::uint16_t port() const noexcept { return port_; }

  void accept() {
    if (accepting_ || sessions_.draining) return;
    if (sessions_.open.size() >= environment_.options.max_connections) return;
    accepting_ = true;
    acceptor_.async_accept([this](error_code error, tcp::socket socket) {
      accepting_ = false;
      if (sessions_.draining) return;
      if (error) return accept_later(error);
      make_session(std::move(socket), environment_, sessions_)->start();
      accept();
    });
  }

  void drain(std::function<void()> done) {
    sessions_.draining = true;
    drained_ = std::move(done);
    error_code ignored;
    acceptor_.close(ignored);
    retry_.cancel();
    for (const auto& session : snapshot()) session->drain();
    tell_when_empty();
  }

  void close_all() {
    for (const auto& session : snapshot()) session->close();
  }

 private:
  std::vector<std::shared_ptr<Session>> snapshot() const {
    return {sessions_.open.begin(), sessions_.open.end()};
  }

  void closed() {
    if (sessions_.draining) return tell_when_empty();
    accept();
  }

  void tell_when_empty() {
    if (sessions_.open.empty() && drained_) std::exchange(drained_, nullptr)();
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

  tcp::acceptor acceptor_;
  asio::steady_timer retry_;
  std::uint16_t port_ = 0;
  SessionEnvironment environment_;
  Sessions sessions_;
  bool accepting_ = false;
  std::function<void()> drained_;
};

Listener::Listener(asio::io_context& context, const ServerOptions& options, Handler handler,
                   std::function<void(int)> count_unrouted)
    : impl_(std::make_unique<Impl>(context, options, std::move(handler),
                                   std::move(count_unrouted))) {}

Listener::~Listener() = default;

std::uint16_t Listener::port() const noexcept { return impl_->port(); }
void Listener::start() { impl_->accept(); }
void Listener::drain(std::function<void()> done) { impl_->drain(std::move(done)); }
void Listener::close_all() { impl_->close_all(); }

}  // namespace filigree::serve
