// The bytes of a connection as requests, one after another, by Beast's parser: what is refused, and
// with which answer. Knows no socket, so it is the same code for every kind of stream.
#pragma once

#include <boost/asio/buffer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/system/error_code.hpp>
#include <cstddef>
#include <optional>
#include <utility>

#include "serve/config/server_options.h"
#include "serve/http/message.h"

namespace filigree::serve {

class RequestReader {
 public:
  // `options` outlives the reader.
  explicit RequestReader(const ServerOptions& options) : options_(options) {}

  // Room for bytes of the connection, then how many of them have come; nothing else is called
  // between the two.
  boost::asio::mutable_buffer prepare(std::size_t bytes) { return buffer_.prepare(bytes); }
  void commit(std::size_t bytes) { buffer_.commit(bytes); }
  // Bytes that no request has taken yet.
  bool has_bytes() const noexcept { return buffer_.size() > 0; }
  void drop_bytes() noexcept { buffer_.clear(); }

  void begin_request();

  enum class State {
    kNeedsHeader,
    kNeedsBody,
    kInvitesBody,  // once: the client waits for 100 Continue before it sends the body
    kComplete,
    kRefused,
  };
  // Takes what has come of the request that was begun.
  State parse();

  // After kRefused.
  HttpResponse take_refusal() { return std::move(refusal_); }

  struct Request {
    HttpRequest request;
    unsigned version = 11;
    bool keep_alive = false;
  };
  // After kComplete.
  Request take_request();

  // What is known of a request that is refused, or of none, with a request id in any case.
  HttpRequest unfinished_request() const;

 private:
  using Parser = boost::beast::http::request_parser<boost::beast::http::string_body>;

  State refuse(HttpResponse response);
  State refuse_malformed(boost::system::error_code error);
  std::optional<State> judge_header();

  const ServerOptions& options_;
  boost::beast::flat_buffer buffer_;  // bytes that the parser has not taken
  std::optional<Parser> parser_;
  bool header_seen_ = false;
  HttpResponse refusal_;
};

}  // namespace filigree::serve
