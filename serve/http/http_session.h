// The session over any stream: a socket, or TLS over one. Included by the files that make sessions.
#pragma once

#include <sys/socket.h>

#include <boost/asio/buffer.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/stream_traits.hpp>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <type_traits>
#include <utility>

#include "serve/http/errors.h"
#include "serve/http/request_reader.h"
#include "serve/http/response_text.h"
#include "serve/http/session.h"
#include "serve/http/tls_certificates.h"
#include "serve/http/trace_context.h"
#include "serve/log.h"

namespace filigree::serve {

template <class Stream>
class HttpSession final : public Session {
 public:
  HttpSession(Stream stream, Admission admission, const SessionEnvironment& environment,
              Sessions& sessions)
      : stream_(std::move(stream)),
        admission_(admission),
        environment_(environment),
        sessions_(sessions),
        reader_(environment.options) {}

  void start() override {
    sessions_.open.insert(self());
    if (admission_ == Admission::kRefuse) ++sessions_.refused;
    boost::system::error_code ignored;  // a Unix socket has no such option
    socket().set_option(boost::asio::ip::tcp::no_delay(true), ignored);
    if constexpr (kIsTls)
      shake_hands();
    else
      begin();
  }

  void drain() override {
    if (phase_ == Phase::kHandshake) close();
    if (phase_ == Phase::kIdle) leave();
  }

  void close() override {
    if (closed_) return;
    const auto keep = self();
    if (cancel_) cancel_->cancel();
    {
      const std::lock_guard lock(sending_);
      closed_ = true;
      // Every operation in progress ends with an error now and lets go of the session.
      boost::system::error_code ignored;
      socket().close(ignored);
    }
    if (admission_ == Admission::kRefuse) --sessions_.refused;
    sessions_.open.erase(keep);
    environment_.closed();
  }

  void expire(SessionClock::time_point now) override {
    if (now < deadline_) return;
    if (phase_ == Phase::kIdle) return leave();
    if (phase_ != Phase::kReading) return close();
    // The read that is in progress ends now, and then the client is told.
    too_slow_ = true;
    deadline_ = SessionClock::time_point::max();
    boost::system::error_code ignored;
    socket().cancel(ignored);
  }

 private:
  using error_code = boost::system::error_code;
  enum class Phase { kHandshake, kIdle, kReading, kHandling, kWriting, kClosing };

  static constexpr bool kIsTls = !std::is_same_v<Stream, PlainSocket>;
  static constexpr std::size_t kHeaderChunk = 4 << 10;
  static constexpr std::size_t kBodyChunk = 16 << 10;
  // What a client may still send after an answer that closes the connection, so that closing does
  // not reset it before the answer is read.
  static constexpr std::size_t kMaxLingerBytes = 16 << 20;
  static constexpr std::chrono::seconds kLinger{2};

  std::shared_ptr<HttpSession> self() {
    return std::static_pointer_cast<HttpSession>(shared_from_this());
  }

  PlainSocket& socket() { return boost::beast::get_lowest_layer(stream_); }

  void enter(Phase phase, std::chrono::milliseconds limit) {
    phase_ = phase;
    deadline_ = SessionClock::now() + limit;
  }

  // A client that does not end its handshake is as one that does not end its request.
  void shake_hands() {
    enter(Phase::kHandshake, environment_.options.read_timeout);
    stream_.async_handshake(Stream::server, [this, self = self()](error_code error) {
      if (error) environment_.tls->count_failed_handshake();
      if (closed_) return;
      is_secure_ = !error;
      if (!error) return begin();
      if (!is_plain_request(error)) return close();
      refuse(error_response(HttpError::kBadRequest, "this port speaks TLS: ask with https://"));
    });
  }

  void begin() {
    if (admission_ == Admission::kServe) return wait_for_request();
    refuse(error_response(HttpError::kUnavailable,
                          "the limit of " + std::to_string(environment_.options.max_connections) +
                              " connections is reached"));
  }

  // Between two requests a connection may stay quiet for the idle timeout; from the first byte on
  // the read timeout runs, so that a client that sends byte by byte cannot hold on longer.
  void wait_for_request() {
    if (sessions_.draining) return close();
    if (reader_.has_bytes()) return read_request();
    enter(Phase::kIdle, environment_.options.idle_timeout);
    if (!reading_) read_more(kHeaderChunk);
  }

  // At most one read is in progress, and nothing else touches the reader meanwhile.
  void read_more(std::size_t chunk) {
    reading_ = true;
    stream_.async_read_some(reader_.prepare(chunk),
                            [this, self = self()](error_code error, std::size_t bytes) {
                              reading_ = false;
                              reader_.commit(bytes);
                              if (!closed_) take_bytes(error);
                            });
  }

  void take_bytes(error_code error) {
    switch (phase_) {
      case Phase::kIdle:
        return error ? close() : read_request();
      case Phase::kReading:
        if (too_slow_) return refuse_slow();
        return error ? close() : parse();
      case Phase::kHandling:
        // The end of the stream means that nobody waits for the answer. Bytes are the next request;
        // after them a disconnect cannot be seen.
        if (error && cancel_) cancel_->cancel();
        return;
      case Phase::kHandshake:
      case Phase::kWriting:
        return;
      case Phase::kClosing:
        return finish();
    }
  }

  void read_request() {
    enter(Phase::kReading, environment_.options.read_timeout);
    begun_ = SessionClock::now();
    reader_.begin_request();
    parse();
  }

  void parse() {
    using State = RequestReader::State;
    switch (reader_.parse()) {
      case State::kNeedsHeader:
        return read_more(kHeaderChunk);
      case State::kNeedsBody:
        return read_more(kBodyChunk);
      case State::kInvitesBody:
        return invite_body();
      case State::kComplete:
        return hand_over();
      case State::kRefused:
        return refuse(reader_.take_refusal());
    }
  }

  void invite_body() {
    // A client that does not wait has sent the body already; the interim response does not harm it.
    static constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
    boost::asio::async_write(stream_, boost::asio::buffer(kContinue),
                             [this, self = self()](error_code error, std::size_t) {
                               if (closed_) return;
                               if (error) return close();
                               read_more(kBodyChunk);
                             });
  }

  void hand_over() {
    auto [request, version, keep_alive] = reader_.take_request();
    keep_alive_ = keep_alive;
    remember(request, version);
    cancel_ = std::make_shared<runtime::CancelFlag>();
    phase_ = Phase::kHandling;
    deadline_ = SessionClock::time_point::max();
    environment_.handler(
        std::move(request), cancel_,
        [self = self(), network = std::this_thread::get_id()](HttpResponse response) {
          Written written;
          if constexpr (!kIsTls)
            if (std::this_thread::get_id() != network) written = self->send_now(response);
          boost::asio::dispatch(
              self->stream_.get_executor(),
              [self, response = std::move(response), written = std::move(written)]() mutable {
                self->cancel_ = nullptr;
                self->write(response, std::move(written));
              });
        });
    // To see whether the client goes away, where it has to wait.
    if (phase_ == Phase::kHandling && !closed_ && !reader_.has_bytes()) read_more(kHeaderChunk);
  }

  // A response as bytes, and how many of them are with the kernel already.
  struct Written {
    std::string text;  // empty: not even made
    std::size_t sent = 0;
  };

  // On another thread, while the network thread sleeps or does something else: what the kernel
  // takes at once need not wait for it. Until it is told, it changes nothing that this looks at.
  Written send_now(const HttpResponse& response) {
    Written written{.text = text_of(response)};
    const std::lock_guard lock(sending_);
    if (closed_) return written;
    const ::ssize_t sent = ::send(socket().native_handle(), written.text.data(),
                                  written.text.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent > 0) written.sent = static_cast<std::size_t>(sent);
    return written;  // writing the rest will find out what is wrong
  }

  std::string text_of(const HttpResponse& response) const {
    using Context = ResponseContext;
    const bool keeps = keep_alive_ && !sessions_.draining;
    return response_text(response,
                         {.version = version_,
                          .after = keeps ? Context::After::kKeepAlive : Context::After::kClose,
                          .body = head_ ? Context::Body::kHeaderOnly : Context::Body::kWhole,
                          .request_id = request_id_,
                          .traceparent = traceparent_});
  }

  // What the response and the log need of a request that others will own.
  void remember(const HttpRequest& request, unsigned version) {
    version_ = version < 11 ? 10 : 11;
    head_ = request.method == "HEAD";
    request_id_ = request.request_id;
    traceparent_ = request.traceparent;
    if (log_enabled(LogLevel::kDebug) || environment_.answered) {
      method_ = request.method;
      target_ = request.target;
    }
  }

  void refuse_slow() {
    refuse(error_response(HttpError::kRequestTimeout,
                          "the request did not come within the limit of " +
                              std::to_string(environment_.options.read_timeout.count()) + " ms"));
  }

  // Answers what is not a request that can be handed over, and closes.
  void refuse(HttpResponse response) {
    const HttpRequest request = reader_.unfinished_request();
    remember(request, 11);
    keep_alive_ = false;
    refused_ = true;
    environment_.refused(request, response);
    write(response);
  }

  void write(const HttpResponse& response, Written written = {}) {
    if (log_enabled(LogLevel::kDebug))
      log(LogLevel::kDebug, {.request_id = request_id_, .trace_id = trace_id(traceparent_)},
          method_ + " " + target_ + " " + std::to_string(response.status));
    if (closed_) return tell(response.status, response.headers, written.sent);
    if (sessions_.draining) keep_alive_ = false;
    text_ = written.text.empty() ? text_of(response) : std::move(written.text);
    enter(Phase::kWriting, environment_.options.write_timeout);
    if constexpr (kIsTls)
      if (!is_secure_) return write_to(socket(), response, written.sent);
    write_to(stream_, response, written.sent);
  }

  template <class Sink>
  void write_to(Sink& sink, const HttpResponse& response, std::size_t sent) {
    boost::asio::async_write(
        sink, boost::asio::buffer(text_) + sent,
        [this, self = self(), sent, status = response.status, headers = headers_to_tell(response)](
            error_code error, std::size_t bytes) {
          text_ = {};
          tell(status, headers, sent + bytes);
          if (closed_) return;
          if (error) return close();
          if (keep_alive_) return wait_for_request();
          finish();
        });
  }

  Headers headers_to_tell(const HttpResponse& response) const {
    return environment_.answered ? response.headers : Headers{};
  }

  void tell(int status, const Headers& headers, std::size_t bytes) const {
    if (!environment_.answered) return;
    environment_.answered({.method = method_,
                           .target = target_,
                           .status = status,
                           .bytes = bytes,
                           .time = SessionClock::now() - begun_,
                           .request_id = request_id_,
                           .traceparent = traceparent_,
                           .headers = &headers});
  }

  // Closes a connection that is idle. Without a farewell a client of TLS cannot know that nobody
  // has cut it off.
  void leave() {
    if constexpr (kIsTls)
      finish();
    else
      close();
  }

  // Closes so that the client gets all that was written.
  void finish() {
    enter(Phase::kClosing, kLinger);
    if (reading_) {
      error_code ignored;
      socket().cancel(ignored);  // take_bytes() comes back here
      return;
    }
    if constexpr (kIsTls)
      if (std::exchange(is_secure_, false))
        return stream_.async_shutdown([this, self = self()](error_code) {
          if (!closed_) linger();
        });
    linger();
  }

  void linger() {
    if (!has_unread_bytes()) return close();
    // Closing with unread bytes would send a reset, which can overtake the answer.
    error_code error;
    socket().shutdown(PlainSocket::shutdown_send, error);
    if (error) return close();
    discard(kMaxLingerBytes);
  }

  bool has_unread_bytes() {
    error_code error;
    return refused_ || reader_.has_bytes() || socket().available(error) > 0;
  }

  void discard(std::size_t left) {
    reader_.drop_bytes();
    socket().async_read_some(reader_.prepare(kBodyChunk),
                             [this, self = self(), left](error_code error, std::size_t bytes) {
                               if (closed_) return;
                               if (error || bytes > left) return close();
                               discard(left - bytes);
                             });
  }

  Stream stream_;
  const Admission admission_;
  const SessionEnvironment& environment_;
  Sessions& sessions_;
  RequestReader reader_;
  std::shared_ptr<runtime::CancelFlag> cancel_;  // set while a request is being answered
  std::string text_;                             // that is being written
  std::string request_id_;
  std::string traceparent_;
  std::string method_, target_;                           // of the request, when it will be logged
  SessionClock::time_point begun_ = SessionClock::now();  // when its first byte came
  unsigned version_ = 11;
  Phase phase_ = Phase::kIdle;
  SessionClock::time_point deadline_ = SessionClock::time_point::max();
  bool reading_ = false;
  bool too_slow_ = false;
  bool head_ = false;
  bool keep_alive_ = false;
  bool refused_ = false;    // more of the refused request may come
  bool is_secure_ = false;  // between handshake and farewell
  bool closed_ = false;
  std::mutex sending_;  // held to send on another thread, and to close
};

}  // namespace filigree::serve
