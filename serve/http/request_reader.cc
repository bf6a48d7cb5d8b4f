#include "serve/http/request_reader.h"

#include <boost/beast/core/string.hpp>
#include <boost/beast/http/error.hpp>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "serve/http/errors.h"
#include "serve/http/request_id.h"
#include "serve/http/request_line.h"
#include "serve/http/trace_context.h"

namespace filigree::serve {
namespace {

namespace http = boost::beast::http;

HttpRequest request_of(const http::request_header<>& header) {
  HttpRequest request;
  request.method = std::string(header.method_string());
  request.target = std::string(header.target());
  for (const auto& field : header)
    request.headers.emplace_back(std::string(field.name_string()), std::string(field.value()));
  request.request_id = request_id(request.header("x-request-id"));
  request.traceparent = continued_trace(request.header("traceparent"));
  return request;
}

std::string limit(const char* what, std::size_t bytes) {
  return std::string("the ") + what + " is larger than the limit of " + std::to_string(bytes) +
         " bytes";
}

}  // namespace

void RequestReader::begin_request() {
  parser_.emplace();
  parser_->eager(true);
  parser_->header_limit(static_cast<std::uint32_t>(options_.max_header_bytes));
  parser_->body_limit(options_.max_body_bytes);
  header_seen_ = false;
}

RequestReader::State RequestReader::parse() {
  while (has_bytes() && !parser_->is_done()) {
    boost::system::error_code error;
    buffer_.consume(parser_->put(boost::asio::const_buffer(buffer_.data()), error));
    if (error == http::error::need_more) break;
    if (error) return refuse_malformed(error);
  }
  if (parser_->is_header_done() && !std::exchange(header_seen_, true))
    if (const auto state = judge_header()) return *state;
  if (parser_->is_done()) return State::kComplete;
  return header_seen_ ? State::kNeedsBody : State::kNeedsHeader;
}

// Nothing where the body may come.
std::optional<RequestReader::State> RequestReader::judge_header() {
  const auto& header = parser_->get();
  const auto encoding = header[http::field::transfer_encoding];
  if (!encoding.empty() && !boost::beast::iequals(encoding, "chunked"))
    return refuse(error_response(
        HttpError::kBadRequest,
        "transfer-encoding is '" + std::string(encoding) + "', expected chunked or none"));
  const auto expectation = header[http::field::expect];
  if (expectation.empty() || header.version() < 11 || parser_->is_done()) return std::nullopt;
  if (boost::beast::iequals(expectation, "100-continue")) return State::kInvitesBody;
  return refuse(
      error_response(HttpError::kExpectationFailed,
                     "expect is '" + std::string(expectation) + "', expected 100-continue"));
}

RequestReader::State RequestReader::refuse(HttpResponse response) {
  refusal_ = std::move(response);
  return State::kRefused;
}

RequestReader::State RequestReader::refuse_malformed(boost::system::error_code error) {
  if (error == http::error::body_limit)
    return refuse(error_response(HttpError::kBodyTooLarge, limit("body", options_.max_body_bytes)));
  if (error == http::error::header_limit)
    return refuse(
        error_response(HttpError::kHeaderTooLarge, limit("header", options_.max_header_bytes)));
  return refuse(error_response(HttpError::kBadRequest, "not an HTTP request: " + error.message()));
}

RequestReader::Request RequestReader::take_request() {
  auto message = parser_->release();
  Request taken{.request = request_of(message),
                .version = message.version(),
                .keep_alive = message.keep_alive()};
  taken.request.body = std::move(message.body());
  return taken;
}

HttpRequest RequestReader::unfinished_request() const {
  HttpRequest request = parser_ ? request_of(parser_->get()) : HttpRequest{};
  if (request.request_id.empty()) request.request_id = request_id({});
  // Beast tells nothing of a header that it has not seen whole.
  if (request.target.empty()) {
    const auto bytes = buffer_.data();
    const RequestLine line = request_line({static_cast<const char*>(bytes.data()), bytes.size()});
    request.method = line.method;
    request.target = line.target;
  }
  return request;
}

}  // namespace filigree::serve
