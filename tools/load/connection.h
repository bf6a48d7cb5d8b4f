// One keep-alive connection of `filigree load`. load_run.cc and this file are the only ones here
// that know Boost.
#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <chrono>
#include <functional>
#include <optional>
#include <string>

#include "tools/load/discarding_parser.h"

namespace filigree::tools {

using LoadClock = std::chrono::steady_clock;

// What became of a request: a status, or an error.
struct LoadOutcome {
  int status = 0;
  std::string error = {};  // "receive: Connection reset by peer"; empty: there was an answer
  bool timed_out = false;
  std::size_t received_bytes = 0;
};

class Connection {
 public:
  using Done = std::function<void(Connection&, const LoadOutcome&)>;

  // `endpoints` and `done` outlive the connection. `is_head`: answers have no body.
  Connection(boost::asio::io_context& context,
             const boost::asio::ip::tcp::resolver::results_type& endpoints, bool is_head,
             const Done& done);

  // Sends `request`, which stays alive until done is called, connecting before if need be. A server
  // may close an idle connection: a request that meets that is sent once more on a new one.
  // Requires that no request is in flight. `intended` is kept for the caller.
  void send(const std::string& request, LoadClock::time_point intended);

  // Ends the request in flight as timed out when it was sent before `time`.
  void expire(LoadClock::time_point sent_before);

  bool busy() const noexcept { return request_ != nullptr; }
  LoadClock::time_point intended() const noexcept { return intended_; }
  LoadClock::time_point sent() const noexcept { return sent_; }
  std::size_t connects() const noexcept { return connects_; }
  // For the caller to wait with.
  boost::asio::steady_timer& timer() noexcept { return timer_; }

 private:
  void connect();
  void write();
  void read();
  // True when the request was sent again.
  bool retried(const boost::system::error_code& error);
  void fail(const char* step, const boost::system::error_code& error);
  void finish(LoadOutcome outcome);
  void close();

  const boost::asio::ip::tcp::resolver::results_type& endpoints_;
  const bool is_head_;
  const Done& done_;
  boost::asio::ip::tcp::socket socket_;
  boost::asio::steady_timer timer_;
  boost::beast::flat_buffer buffer_;
  std::optional<DiscardingParser> parser_;
  const std::string* request_ = nullptr;
  LoadClock::time_point intended_, sent_;
  bool reused_ = false;  // the connection has answered before
  bool timed_out_ = false;
  std::size_t connects_ = 0;
};

}  // namespace filigree::tools
