#include "tools/load/connection.h"

#include <boost/asio/buffer.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/read.hpp>

namespace filigree::tools {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using ErrorCode = boost::system::error_code;

// Of what is read and not yet parsed.
constexpr std::size_t kBufferBytes = 1 << 20;

}  // namespace

Connection::Connection(asio::io_context& context,
                       const asio::ip::tcp::resolver::results_type& endpoints, bool is_head,
                       const Done& done)
    : endpoints_(endpoints),
      is_head_(is_head),
      done_(done),
      socket_(context),
      timer_(context),
      buffer_(kBufferBytes) {}

void Connection::send(const std::string& request, LoadClock::time_point intended) {
  request_ = &request;
  intended_ = intended;
  sent_ = LoadClock::now();
  timed_out_ = false;
  if (socket_.is_open()) {
    write();
  } else {
    connect();
  }
}

void Connection::expire(LoadClock::time_point sent_before) {
  if (!busy() || timed_out_ || sent_ >= sent_before) return;
  timed_out_ = true;
  close();  // what runs ends with an error, and finish() is called from there
}

void Connection::connect() {
  reused_ = false;
  buffer_.clear();
  asio::async_connect(socket_, endpoints_,
                      [this](const ErrorCode& error, const asio::ip::tcp::endpoint&) {
                        if (error || timed_out_) return fail("connect", error);
                        ++connects_;
                        ErrorCode ignored;  // without it, requests are only slower
                        socket_.set_option(asio::ip::tcp::no_delay(true), ignored);
                        write();
                      });
}

void Connection::write() {
  parser_.emplace();
  parser_->skip(is_head_);
  asio::async_write(socket_, asio::buffer(*request_), [this](const ErrorCode& error, std::size_t) {
    if (timed_out_) return fail("send", error);
    if (!error) return read();
    if (!retried(error)) fail("send", error);
  });
}

void Connection::read() {
  http::async_read(socket_, buffer_, *parser_, [this](const ErrorCode& error, std::size_t bytes) {
    if (timed_out_) return fail("receive", error);
    if (error) {
      if (!retried(error)) fail("receive", error);
      return;
    }
    const LoadOutcome outcome{
        .status = parser_->status(), .error = {}, .timed_out = false, .received_bytes = bytes};
    reused_ = true;
    if (!parser_->keep_alive()) close();
    finish(outcome);
  });
}

bool Connection::retried(const ErrorCode& error) {
  const bool was_closed = error == http::error::end_of_stream || error == asio::error::eof ||
                          error == asio::error::connection_reset ||
                          error == asio::error::broken_pipe;
  if (!reused_ || !was_closed || parser_->got_some()) return false;
  close();
  connect();
  return true;
}

void Connection::fail(const char* step, const ErrorCode& error) {
  close();
  LoadOutcome outcome;
  outcome.timed_out = timed_out_;
  outcome.error = timed_out_ ? "no answer in time" : std::string(step) + ": " + error.message();
  finish(outcome);
}

void Connection::finish(LoadOutcome outcome) {
  request_ = nullptr;
  done_(*this, outcome);
}

void Connection::close() {
  ErrorCode ignored;
  socket_.close(ignored);
}

}  // namespace filigree::tools
