// When a model that could not be loaded is worth another try.
#pragma once

#include <chrono>
#include <cstddef>
#include <mutex>
#include <string>
#include <vector>

namespace filigree::serve {

// What is known of endpoints that failed. Thread-safe.
class FailedLoads {
 public:
  struct Intervals {
    std::chrono::milliseconds retry;  // after a failure that another try may not meet again
    std::chrono::milliseconds look;   // between two looks at the files of a model
  };
  // kAgain: its files have changed, or Intervals::retry has passed; what was being written or
  // mounted, or found no memory, may be there by then. kChanged: only when its files have changed.
  enum class Retry { kAgain, kChanged };
  struct Failure {
    std::string files;  // model_files() before it was tried
    Retry retry = Retry::kAgain;
  };

  FailedLoads(std::size_t endpoints, Intervals intervals)
      : intervals_(intervals), known_(endpoints) {}

  void add(std::size_t endpoint, Failure failure);
  // The last one; empty before.
  Failure failure(std::size_t endpoint) const;

  // True once in Intervals::look, of which look() is the end: costs nothing, so that a request may
  // ask.
  bool may_look(std::size_t endpoint) const;

  enum class Verdict { kLeaveIt, kTimeHasPassed, kFilesHaveChanged };
  // `files` are model_files() now.
  Verdict look(std::size_t endpoint, const std::string& files);

 private:
  using Clock = std::chrono::steady_clock;
  struct Known {
    Failure failure;
    Clock::time_point failed, looked;
  };

  const Intervals intervals_;
  mutable std::mutex mutex_;
  std::vector<Known> known_;  // of each endpoint
};

}  // namespace filigree::serve
