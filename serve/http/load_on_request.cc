#include "serve/http/load_on_request.h"

#include <algorithm>
#include <exception>
#include <utility>

#include "loader/give_way.h"
#include "serve/http/thread_priority.h"
#include "serve/log.h"

namespace filigree::serve {
namespace {

using Kind = EndpointState::Kind;

// Waiting for a change longer than that would overflow in the system's clocks.
constexpr std::chrono::hours kLongest{1};
// How long a request whose client went may go on waiting.
constexpr std::chrono::milliseconds kCancelInterval{20};

std::shared_ptr<const EndpointState> given_up(std::string why) {
  EndpointState state;
  state.error = std::move(why);
  return std::make_shared<const EndpointState>(std::move(state));
}

}  // namespace

LoadOnRequest::LoadOnRequest(std::shared_ptr<ResidentModels> models, std::function<void()> give_way)
    : models_(std::move(models)), give_way_(std::move(give_way)) {
  if (!models_->limits().max_memory) return;
  settler_ = std::jthread([this](const std::stop_token& stop) { settle_all(stop); });
  loader_ = std::jthread([this](const std::stop_token& stop) { load_all(stop); });
}

LoadOnRequest::~LoadOnRequest() { close(); }

void LoadOnRequest::with_model(Wanted wanted, Then then) {
  const ModelLimits& limits = models_->limits();
  const Catalog& catalog = wanted.deployment->catalog();
  auto state = catalog.use(wanted.endpoint);
  const bool has_failed = state->kind == Kind::kFailed;
  if (!limits.max_memory || state->kind == Kind::kReady ||
      (has_failed && !catalog.may_be_retried(wanted.endpoint)))
    return then(std::move(state));
  {
    const std::lock_guard lock(mutex_);
    if (!stopped_) {
      wanted.deadline = std::min(wanted.deadline, Clock::now() + limits.load_timeout);
      waiting_.push_back({.wanted = std::move(wanted),
                          .then = std::move(then),
                          .failure = has_failed ? std::move(state) : nullptr});
      models_->signal().notify();
      return;
    }
  }
  then(given_up("the server is stopping"));
}

std::size_t LoadOnRequest::waiting() const {
  const std::lock_guard lock(mutex_);
  return waiting_.size();
}

void LoadOnRequest::stop() {
  settler_.request_stop();
  loader_.request_stop();
  std::vector<Waiting> refused;
  {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
    refused.swap(waiting_);
  }
  for (const Waiting& waiting : refused) waiting.then(given_up("the server is stopping"));
}

void LoadOnRequest::close() {
  stop();
  if (settler_.joinable()) settler_.join();
  if (loader_.joinable()) loader_.join();
}

void LoadOnRequest::settle_all(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    const std::uint64_t version = models_->signal().version();
    look_at_failed();
    models_->signal().wait(version, settle(), stop);
  }
}

void LoadOnRequest::load_all(const std::stop_token& stop) {
  lower_thread_priority();
  const loader::GiveWayScope scope(give_way_);
  while (!stop.stop_requested()) {
    const std::uint64_t version = models_->signal().version();
    if (const auto next = first_to_load()) {
      next->deployment->catalog().load_on_request(next->endpoint, stop);
      settle();
    } else {
      models_->signal().wait(version, Clock::now() + kLongest, stop);
    }
  }
}

// Without the lock: looking at files may take its time, and the network thread must not wait.
void LoadOnRequest::look_at_failed() {
  bool is_any_due = false;
  while (const auto failed = first_failed()) {
    const bool is_due = failed->deployment->catalog().retry_is_due(failed->endpoint);
    const std::lock_guard lock(mutex_);
    for (Waiting& waiting : waiting_) {
      if (waiting.failure == nullptr || waiting.wanted.deployment != failed->deployment ||
          waiting.wanted.endpoint != failed->endpoint)
        continue;
      if (is_due)
        waiting.is_due = true;
      else if (!waiting.is_due)
        waiting.failure = nullptr;
    }
    is_any_due |= is_due;
  }
  if (is_any_due) models_->signal().notify();
}

std::optional<LoadOnRequest::Wanted> LoadOnRequest::first_failed() const {
  const std::lock_guard lock(mutex_);
  for (const Waiting& waiting : waiting_)
    if (waiting.failure != nullptr && !waiting.is_due) return waiting.wanted;
  return std::nullopt;
}

// Returns when to look again: when the next request will have waited too long, and soon while any
// waits, because a client that goes notifies nobody.
LoadOnRequest::Clock::time_point LoadOnRequest::settle() {
  std::vector<Settled> settled;
  Clock::time_point next = Clock::now() + kLongest;
  {
    const std::lock_guard lock(mutex_);
    std::erase_if(waiting_, [&](Waiting& waiting) {
      if (auto state = settled_state(waiting)) {
        settled.push_back({std::move(waiting.then), std::move(state)});
        return true;
      }
      next = std::min({next, waiting.wanted.deadline, Clock::now() + kCancelInterval});
      return false;
    });
  }
  for (Settled& request : settled) {
    try {
      request.then(std::move(request.state));
    } catch (const std::exception& error) {
      log(LogLevel::kError, std::string("a request that waited for its model: ") + error.what());
    }
  }
  return next;
}

// Null: it goes on waiting.
std::shared_ptr<const EndpointState> LoadOnRequest::settled_state(const Waiting& waiting) const {
  const Wanted& wanted = waiting.wanted;
  const Catalog& catalog = wanted.deployment->catalog();
  auto state = catalog.use(wanted.endpoint);
  if (state->kind == Kind::kReady) return state;
  if (state->kind == Kind::kFailed && state != waiting.failure) return state;
  if (wanted.cancel->cancelled()) return given_up("the client went away");
  if (Clock::now() < wanted.deadline) return nullptr;
  const auto shortage = catalog.shortage(wanted.endpoint);
  return given_up("the model is not loaded after the limit of " +
                  std::to_string(models_->limits().load_timeout.count()) + " ms" +
                  (shortage ? ": " + shortage_text(*shortage) : ""));
}

std::optional<LoadOnRequest::Wanted> LoadOnRequest::first_to_load() const {
  const std::lock_guard lock(mutex_);
  for (const Waiting& waiting : waiting_) {
    const Wanted& wanted = waiting.wanted;
    if (wanted.cancel->cancelled() || Clock::now() >= wanted.deadline) continue;
    const auto state = wanted.deployment->catalog().state(wanted.endpoint);
    if (state->kind == Kind::kUnloaded || (waiting.is_due && state == waiting.failure))
      return wanted;
  }
  return std::nullopt;
}

}  // namespace filigree::serve
