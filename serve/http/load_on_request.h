// Requests for models that are not in memory: they wait until theirs is, and no thread with them.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <thread>
#include <vector>

#include "runtime/request.h"
#include "serve/http/deployment.h"
#include "serve/http/resident_models.h"

namespace filigree::serve {

// Loads what requests ask for, one model after another in the order in which the first request for
// each came. A model that has been loaded is in use by all requests that wait for it before the
// next one is loaded. What could not be loaded is tried again for a request when that may help
// (Catalog::retry_is_due()); until it is there, others are refused at once. Without a memory limit
// it has no threads and no request waits. Thread-safe.
class LoadOnRequest {
 public:
  // A state that is kReady or kFailed, or whose `error` says why the request waits no longer. For
  // the request to keep, as of Catalog::use().
  using Then = std::function<void(std::shared_ptr<const EndpointState>)>;

  // `give_way` as in Backend.
  explicit LoadOnRequest(std::shared_ptr<ResidentModels> models,
                         std::function<void()> give_way = {});
  ~LoadOnRequest();  // close()

  using Clock = ChangeSignal::Clock;
  static constexpr std::chrono::hours kNoDeadline{24 * 365};
  struct Wanted {
    std::shared_ptr<Deployment> deployment;
    std::size_t endpoint = 0;
    std::shared_ptr<runtime::CancelFlag> cancel;
    Clock::time_point deadline;  // of the request
  };

  // Calls `then` once: in here when there is nothing to wait for, else on a thread of its own, at
  // the deadline or after ModelLimits::load_timeout at the latest. Requests that are cancelled have
  // nothing loaded.
  void with_model(Wanted wanted, Then then);

  std::size_t waiting() const;  // requests

  // Nothing is waited for any more. Returns at once. Idempotent.
  void stop();
  // The same, and returns when no `then` runs any more and the model that was just being loaded is
  // there. Idempotent.
  void close();

 private:
  struct Waiting {
    Wanted wanted;
    Then then;
    // The state of an endpoint that may be tried again. Null: any that has failed is the answer.
    std::shared_ptr<const EndpointState> failure;
    bool is_due = false;  // of a failure: it is to be loaded
  };
  struct Settled {
    Then then;
    std::shared_ptr<const EndpointState> state;
  };

  void settle_all(const std::stop_token& stop);
  void load_all(const std::stop_token& stop);
  Clock::time_point settle();
  void look_at_failed();
  std::optional<Wanted> first_failed() const;
  std::shared_ptr<const EndpointState> settled_state(const Waiting& waiting) const;
  std::optional<Wanted> first_to_load() const;

  const std::shared_ptr<ResidentModels> models_;
  const std::function<void()> give_way_;
  mutable std::mutex mutex_;
  std::vector<Waiting> waiting_;  // in the order in which they came
  bool stopped_ = false;
  std::jthread settler_, loader_;
};

}  // namespace filigree::serve
