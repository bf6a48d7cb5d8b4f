// The least a Boost.Beast server does, as the measure for ours: one thread, keep-alive, no routing.
// GET is answered with what /v2/health/live answers, POST with its own body.
//
//   bare_server      prints "listening on http://127.0.0.1:PORT/" and serves until it is killed

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <iostream>
#include <memory>

namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using asio::ip::tcp;
using boost::system::error_code;

class Connection : public std::enable_shared_from_this<Connection> {
 public:
  explicit Connection(tcp::socket socket) : socket_(std::move(socket)) {
    socket_.set_option(tcp::no_delay(true));
  }

  void read() {
    request_ = {};
    http::async_read(socket_, buffer_, request_,
                     [this, self = shared_from_this()](error_code error, std::size_t) {
                       if (!error) write();
                     });
  }

 private:
  void write() {
    response_ = {http::status::ok, request_.version()};
    response_.set(http::field::content_type, "application/json");
    response_.keep_alive(request_.keep_alive());
    response_.body() = request_.method() == http::verb::post ? std::move(request_.body())
                                                             : std::string(R"({"status":"OK"})");
    response_.prepare_payload();
    http::async_write(socket_, response_,
                      [this, self = shared_from_this()](error_code error, std::size_t) {
                        if (!error && response_.keep_alive()) read();
                      });
  }

  tcp::socket socket_;
  boost::beast::flat_buffer buffer_;
  http::request<http::string_body> request_;
  http::response<http::string_body> response_;
};

void accept(tcp::acceptor& acceptor) {
  acceptor.async_accept([&acceptor](error_code error, tcp::socket socket) {
    if (!error) std::make_shared<Connection>(std::move(socket))->read();
    accept(acceptor);
  });
}

}  // namespace

int main() {
  asio::io_context context(1);
  tcp::acceptor acceptor(context, tcp::endpoint(asio::ip::address_v4::loopback(), 0));
  std::cout << "listening on http://127.0.0.1:" << acceptor.local_endpoint().port() << "/"
            << std::endl;
  accept(acceptor);
  context.run();
}
