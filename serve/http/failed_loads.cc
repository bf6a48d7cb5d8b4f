#include "serve/http/failed_loads.h"

#include <utility>

namespace filigree::serve {

void FailedLoads::add(std::size_t endpoint, Failure failure) {
  const auto now = Clock::now();
  const std::lock_guard lock(mutex_);
  known_.at(endpoint) = {.failure = std::move(failure), .failed = now, .looked = now};
}

FailedLoads::Failure FailedLoads::failure(std::size_t endpoint) const {
  const std::lock_guard lock(mutex_);
  return known_.at(endpoint).failure;
}

bool FailedLoads::may_look(std::size_t endpoint) const {
  const std::lock_guard lock(mutex_);
  return Clock::now() - known_.at(endpoint).looked >= intervals_.look;
}

FailedLoads::Verdict FailedLoads::look(std::size_t endpoint, const std::string& files) {
  const auto now = Clock::now();
  const std::lock_guard lock(mutex_);
  Known& known = known_.at(endpoint);
  known.looked = now;
  if (files != known.failure.files) return Verdict::kFilesHaveChanged;
  const bool is_over = now - known.failed >= intervals_.retry;
  return is_over && known.failure.retry == Retry::kAgain ? Verdict::kTimeHasPassed
                                                         : Verdict::kLeaveIt;
}

}  // namespace filigree::serve
