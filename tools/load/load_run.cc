#include "tools/load/load_run.h"

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <memory>

#include "serve/http/version.h"
#include "tools/cli/errors.h"
#include "tools/load/connection.h"

namespace filigree::tools {
namespace {

namespace asio = boost::asio;
using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using ErrorCode = boost::system::error_code;

// How late a time-out may be noticed, and how often the watch is called.
constexpr milliseconds kTick(20);
constexpr unsigned kTicksOfWatch = 5;
// A client that was refused does not try again at once: it would only measure refusals.
constexpr milliseconds kRest(10);

nanoseconds duration_of(double seconds) {
  return nanoseconds(static_cast<std::int64_t>(seconds * 1e9));
}

std::string request_text(const LoadPlan& plan, const std::string* body) {
  std::string text = plan.method + " " + plan.url.target +
                     " HTTP/1.1\r\nhost: " + plan.url.authority + "\r\nuser-agent: filigree-load/" +
                     std::string(serve::version()) + "\r\naccept: */*\r\n";
  if (!plan.header.empty()) text += plan.header + "\r\n";
  if (body != nullptr)
    text += "content-type: application/json\r\ncontent-length: " + std::to_string(body->size()) +
            "\r\n";
  return text + "\r\n" + (body == nullptr ? "" : *body);
}

std::vector<std::string> request_texts(const LoadPlan& plan) {
  std::vector<std::string> texts;
  if (plan.bodies.empty()) texts.push_back(request_text(plan, nullptr));
  for (const std::string& body : plan.bodies) texts.push_back(request_text(plan, &body));
  return texts;
}

class LoadRun {
 public:
  LoadRun(const LoadPlan& plan, const LoadWatch& watch)
      : plan_(plan),
        watch_(watch),
        requests_(request_texts(plan)),
        ticker_(context_),
        arrival_timer_(context_) {
    ErrorCode error;
    asio::ip::tcp::resolver resolver(context_);
    endpoints_ = resolver.resolve(plan.url.host, plan.url.port, error);
    if (error)
      throw InputError("the host '" + plan.url.host + "' cannot be found: " + error.message());
    for (std::size_t i = 0; i < plan.connections; ++i) {
      connections_.push_back(
          std::make_unique<Connection>(context_, endpoints_, plan.method == "HEAD", done_));
      idle_.push_back(connections_.back().get());
    }
    std::ranges::reverse(idle_);  // the first is taken first
    if (plan.open) arrivals_.emplace(plan.open->arrivals, plan.open->rate, plan.seed);
  }

  std::optional<LoadResult> run() {
    start_ = LoadClock::now();
    measured_from_ = start_ + duration_of(plan_.warmup_seconds);
    end_ = measured_from_ + duration_of(plan_.seconds);
    last_answer_ = measured_from_;
    if (arrivals_) next_arrival_ = start_ + arrivals_->next();
    dispatch();
    tick(0);
    context_.run();
    if (interrupted_) return std::nullopt;
    for (const auto& connection : connections_) result_.connects += connection->connects();
    const bool counted = plan_.requests && result_.requests >= *plan_.requests;
    const auto until = counted ? last_answer_ : std::max(last_answer_, end_);
    result_.seconds = std::chrono::duration<double>(until - measured_from_).count();
    return std::move(result_);
  }

 private:
  bool enough_requests() const { return plan_.requests && measured_started_ >= *plan_.requests; }

  void dispatch() {
    if (arrivals_) {
      send_what_is_due();
    } else {
      while (!idle_.empty() && !enough_requests() && LoadClock::now() < end_)
        send(LoadClock::now());
    }
  }

  void send_what_is_due() {
    while (!idle_.empty() && !enough_requests() && next_arrival_ < end_) {
      if (next_arrival_ > LoadClock::now()) {
        // At most one wait: setting the time again ends the one before.
        arrival_timer_.expires_at(next_arrival_);
        arrival_timer_.async_wait([this](const ErrorCode& error) {
          if (!error) dispatch();
        });
        return;
      }
      send(next_arrival_);
      next_arrival_ = start_ + arrivals_->next();
    }
  }

  void send(LoadClock::time_point intended) {
    Connection& connection = *idle_.back();
    idle_.pop_back();
    if (intended >= measured_from_) ++measured_started_;
    connection.send(requests_[sent_++ % requests_.size()], intended);
  }

  void finished(Connection& connection, const LoadOutcome& outcome) {
    const auto now = LoadClock::now();
    if (connection.intended() >= measured_from_) count(connection, outcome, now);
    const bool rests = !outcome.error.empty() && !arrivals_;
    if (!rests) return make_idle(connection);
    connection.timer().expires_after(kRest);
    connection.timer().async_wait([this, &connection](const ErrorCode& error) {
      if (!error) make_idle(connection);
    });
  }

  void make_idle(Connection& connection) {
    idle_.push_back(&connection);
    dispatch();
    end_when_idle();
  }

  void count(const Connection& connection, const LoadOutcome& outcome, LoadClock::time_point now) {
    ++result_.requests;
    last_answer_ = now;
    result_.send_delay.add(connection.sent() - connection.intended());
    if (!outcome.error.empty()) {
      ++result_.errors;
      ++result_.error_kinds[outcome.error];
      // Others fail at once, and would make a server that refuses look fast.
      if (outcome.timed_out) result_.latency.add(now - connection.intended());
      return;
    }
    ++result_.answers;
    ++result_.statuses[outcome.status];
    result_.received_bytes += outcome.received_bytes;
    result_.latency.add(now - connection.intended());
    result_.service.add(now - connection.sent());
  }

  std::size_t in_flight() const { return connections_.size() - idle_.size(); }

  bool nothing_left_to_send() const {
    if (enough_requests()) return true;
    return arrivals_ ? next_arrival_ >= end_ : LoadClock::now() >= end_;
  }

  void end_when_idle() {
    if (in_flight() > 0 || !nothing_left_to_send()) return;
    ended_ = true;
    ticker_.cancel();
    arrival_timer_.cancel();
  }

  // What was meant to be sent and could not: it counts with the time it has waited.
  void give_up(LoadClock::time_point now) {
    for (; next_arrival_ < end_ && !enough_requests(); next_arrival_ = start_ + arrivals_->next()) {
      if (next_arrival_ < measured_from_) continue;
      ++measured_started_;
      ++result_.requests;
      ++result_.unsent;
      result_.latency.add(now - next_arrival_);
    }
  }

  void tick(unsigned count) {
    ticker_.expires_after(kTick);
    ticker_.async_wait([this, count](const ErrorCode& error) {
      if (error || ended_) return;
      const auto now = LoadClock::now();
      for (const auto& connection : connections_) connection->expire(now - plan_.timeout);
      if (arrivals_ && now > end_ + plan_.timeout) give_up(now);
      if (count % kTicksOfWatch == 0) {
        const std::chrono::duration<double> elapsed = now - measured_from_;
        interrupted_ = !watch_(elapsed.count(), result_, in_flight());
        if (interrupted_) return context_.stop();
      }
      end_when_idle();
      if (!ended_) tick(count + 1);
    });
  }

  const LoadPlan& plan_;
  const LoadWatch& watch_;
  const std::vector<std::string> requests_;
  const Connection::Done done_ = [this](Connection& connection, const LoadOutcome& outcome) {
    finished(connection, outcome);
  };
  LoadResult result_;
  std::optional<Arrivals> arrivals_;
  LoadClock::time_point start_, measured_from_, end_, next_arrival_, last_answer_;
  std::uint64_t sent_ = 0, measured_started_ = 0;
  bool interrupted_ = false, ended_ = false;

  asio::io_context context_{1};
  asio::ip::tcp::resolver::results_type endpoints_;
  asio::steady_timer ticker_, arrival_timer_;
  std::vector<std::unique_ptr<Connection>> connections_;
  std::vector<Connection*> idle_;
};

}  // namespace

std::optional<LoadResult> run_load(const LoadPlan& plan, const LoadWatch& watch) {
  return LoadRun(plan, watch).run();
}

}  // namespace filigree::tools
