// Wakes threads that wait for something to be different.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <stop_token>

namespace filigree::serve {

// Whoever waits reads version(), looks at what it waits for, and calls wait() with that version:
// then no change in between is missed. Thread-safe; notify() may be called under any lock.
class ChangeSignal {
 public:
  using Clock = std::chrono::steady_clock;

  std::uint64_t version() const {
    const std::lock_guard lock(mutex_);
    return version_;
  }

  void notify() {
    {
      const std::lock_guard lock(mutex_);
      ++version_;
    }
    changed_.notify_all();
  }

  // Returns once notify() was called after `version` was read, at `until`, or for `stop`.
  void wait(std::uint64_t version, Clock::time_point until, const std::stop_token& stop) {
    std::unique_lock lock(mutex_);
    changed_.wait_until(lock, stop, until, [&] { return version_ != version; });
  }

 private:
  mutable std::mutex mutex_;
  std::condition_variable_any changed_;
  std::uint64_t version_ = 0;
};

}  // namespace filigree::serve
