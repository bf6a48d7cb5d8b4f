#include "serve/http/session.h"

#include <array>
#include <boost/asio/post.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http.hpp>
#include <ctime>
#include <optional>
#include <utility>

#include "serve/http/errors.h"
#include "serve/http/request_id.h"
#include "serve/log.h"

namespace filigree::serve {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using boost::system::error_code;

// What a client may still send after an answer that closes the connection, so that closing does not
// reset it before the answer is read.
constexpr std::size_t kMaxLingerBytes = 16 << 20;
constexpr std::chrono::seconds kLinger{2};

std::string http_date() {
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  gmtime_r(&now, &parts);
  std::array<char, 40> text{};
  std::strftime(text.data(), text.size(), "%a, %d %b %Y %H:%M:%S GMT", &parts);
  return text.data();
}

class HttpSession final : public Session {
 public:
  HttpSession(asio::ip::tcp::socket socket, const SessionEnvironment& environment,
              Sessions& sessions)
      : stream_(std::move(socket)), environment_(environment), sessions_(sessions) {}

  void start() override {
    sessions_.open.insert(self());
    error_code ignored;
    stream_.socket().set_option(asio::ip::tcp::no_delay(true), ignored);
    // For the look at the stream in watch_for_disconnect(), which must never wait.
    stream_.socket().non_blocking(true, ignored);
    wait_for_request();
  }

  void drain() override {
    if (idle_) close();
  }

  void close() override {
    if (cancel_) cancel_->cancel();
    stream_.close();
    // Every operation in progress ends with an error now and lets go of the session.
    if (sessions_.open.erase(self()) > 0) environment_.closed();
  }

 private:
  using Parser = http::request_parser<http::string_body>;

  std::shared_ptr<HttpSession> self() {
    return std::static_pointer_cast<HttpSession>(shared_from_this());
  }

  // Between two requests a connection may stay quiet for the idle timeout; from the first byte on
  // the read timeout runs, so that a client that sends byte by byte cannot hold on longer.
  void wait_for_request() {
    if (sessions_.draining) return close();
    if (buffer_.size() > 0) return read_header();
    idle_ = true;
    stream_.expires_after(environment_.options.idle_timeout);
    constexpr std::size_t kChunk = 4096;
    stream_.async_read_some(buffer_.prepare(kChunk),
                            [this, self = self()](error_code error, std::size_t bytes) {
                              idle_ = false;
                              if (error) return close();
                              buffer_.commit(bytes);
                              read_header();
                            });
  }

  void read_header() {
    parser_.emplace();
    parser_->header_limit(static_cast<std::uint32_t>(environment_.options.max_header_bytes));
    parser_->body_limit(environment_.options.max_body_bytes);
    stream_.expires_after(environment_.options.read_timeout);
    http::async_read_header(
        stream_, buffer_, *parser_, [this, self = self()](error_code error, std::size_t) {
          if (error) return refuse(error);
          if (beast::iequals(parser_->get()[http::field::expect], "100-continue"))
            return invite_body();
          read_body();
        });
  }

  void invite_body() {
    // A client that does not wait has sent the body already; the interim response does not harm it.
    static constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
    if (parser_->get().version() < 11) return read_body();
    asio::async_write(stream_, asio::buffer(kContinue),
                      [this, self = self()](error_code error, std::size_t) {
                        if (error) return close();
                        read_body();
                      });
  }

  void read_body() {
    http::async_read(stream_, buffer_, *parser_,
                     [this, self = self()](error_code error, std::size_t) {
                       if (error) return refuse(error);
                       hand_over();
                     });
  }

  void hand_over() {
    auto message = parser_->release();
    version_ = message.version();
    head_ = message.method() == http::verb::head;
    keep_alive_ = message.keep_alive();
    HttpRequest request;
    request.method = std::string(message.method_string());
    request.target = std::string(message.target());
    request.body = std::move(message.body());
    request_id_ = request_id(std::string(message["x-request-id"]));
    request.request_id = request_id_;
    if (log_enabled(LogLevel::kDebug)) line_ = request.method + " " + request.target;

    stream_.expires_never();
    cancel_ = std::make_shared<runtime::CancelFlag>();
    ++request_number_;
    watch_for_disconnect();
    environment_.handler(std::move(request), cancel_, [self = self()](HttpResponse response) {
      asio::post(self->stream_.get_executor(), [self, response = std::move(response)]() mutable {
        self->cancel_ = nullptr;
        self->write(std::move(response));
      });
    });
  }

  // While a request is answered, the end of the stream means that nobody waits for the answer. More
  // bytes are the next request; after them a disconnect cannot be seen.
  void watch_for_disconnect() {
    stream_.socket().async_wait(asio::ip::tcp::socket::wait_read,
                                [this, self = self(), number = request_number_](error_code error) {
                                  if (number != request_number_ || !cancel_) return;
                                  char byte = 0;
                                  if (!error)
                                    stream_.socket().receive(asio::buffer(&byte, 1),
                                                             asio::ip::tcp::socket::message_peek,
                                                             error);
                                  if (error && error != asio::error::would_block) cancel_->cancel();
                                });
  }

  // Answers what is not a request that can be handed over, and closes. Errors of the connection
  // itself only close.
  void refuse(error_code error) {
    if (error == http::error::end_of_stream || error == http::error::partial_message ||
        error.category() != make_error_code(http::error::bad_method).category())
      return close();
    keep_alive_ = false;
    refused_ = true;
    head_ = parser_->get().method() == http::verb::head;
    version_ = 11;
    request_id_ = request_id({});
    HttpResponse response;
    if (error == http::error::body_limit)
      response = error_response(HttpError::kBodyTooLarge,
                                "the body is larger than the limit of " +
                                    std::to_string(environment_.options.max_body_bytes) + " bytes");
    else if (error == http::error::header_limit)
      response =
          error_response(HttpError::kHeaderTooLarge,
                         "the header is larger than the limit of " +
                             std::to_string(environment_.options.max_header_bytes) + " bytes");
    else
      response = error_response(HttpError::kBadRequest, "not an HTTP request: " + error.message());
    environment_.count_unrouted(response.status);
    write(std::move(response));
  }

  void write(HttpResponse response) {
    if (!line_.empty())
      log(LogLevel::kDebug, request_id_ + " " + line_ + " " + std::to_string(response.status));
    if (!stream_.socket().is_open()) return;
    if (sessions_.draining) keep_alive_ = false;
    auto message = std::make_shared<http::response<http::string_body>>();
    message->version(version_);
    message->result(static_cast<unsigned>(response.status));
    message->set(http::field::server, "filigree");
    message->set(http::field::date, http_date());
    message->set(http::field::content_type, response.content_type);
    message->set("x-content-type-options", "nosniff");
    message->set("x-request-id", request_id_);
    for (const auto& [name, value] : response.headers) message->set(name, value);
    message->keep_alive(keep_alive_);
    message->content_length(response.body.size());
    if (!head_) message->body() = std::move(response.body);
    stream_.expires_after(environment_.options.write_timeout);
    http::async_write(stream_, *message,
                      [this, self = self(), message](error_code error, std::size_t) {
                        if (error) return close();
                        if (keep_alive_) return wait_for_request();
                        if (has_unread_bytes()) return linger();
                        close();
                      });
  }

  bool has_unread_bytes() {
    error_code error;
    return refused_ || buffer_.size() > 0 || stream_.socket().available(error) > 0;
  }

  // Closing with unread bytes would send a reset, which can overtake the answer.
  void linger() {
    error_code error;
    stream_.socket().shutdown(asio::ip::tcp::socket::shutdown_send, error);
    if (error) return close();
    stream_.expires_after(kLinger);
    discard(kMaxLingerBytes);
  }

  void discard(std::size_t left) {
    buffer_.clear();
    constexpr std::size_t kChunk = 64 << 10;
    stream_.async_read_some(buffer_.prepare(kChunk),
                            [this, self = self(), left](error_code error, std::size_t bytes) {
                              if (error || bytes > left) return close();
                              discard(left - bytes);
                            });
  }

  beast::tcp_stream stream_;
  const SessionEnvironment& environment_;
  Sessions& sessions_;
  beast::flat_buffer buffer_;
  std::optional<Parser> parser_;
  std::shared_ptr<runtime::CancelFlag> cancel_;  // set while a request is being answered
  std::string request_id_;
  std::string line_;  // of the request, when it will be logged
  unsigned version_ = 11;
  bool idle_ = false;
  bool head_ = false;
  bool keep_alive_ = false;
  bool refused_ = false;  // more of the refused request may come
  std::size_t request_number_ = 0;
};

}  // namespace

std::shared_ptr<Session> make_session(asio::ip::tcp::socket socket,
                                      const SessionEnvironment& environment, Sessions& sessions) {
  return std::make_shared<HttpSession>(std::move(socket), environment, sessions);
}

}  // namespace filigree::serve
