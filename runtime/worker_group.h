// Threads that compute together; its threads are ranks 0 (the leader) to size() - 1. Idle threads
// sleep.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "runtime/barrier.h"
#include "runtime/cpu_list.h"
#include "runtime/team.h"

namespace filigree::runtime {

// places[rank]: the CPUs that the thread is bound to; an empty list leaves it to the operating
// system.
using Places = std::vector<CpuList>;

// Rank 0 is whichever thread calls parallel(), one at a time; the group owns the others.
class WorkerGroup final : public Team {
 public:
  // Starts places.size() - 1 threads and binds them. Requires at least one place; places[0] is not
  // used here. Throws std::system_error when a thread cannot be started; none of those started then
  // is left.
  explicit WorkerGroup(const Places& places);
  ~WorkerGroup();
  WorkerGroup(const WorkerGroup&) = delete;
  WorkerGroup& operator=(const WorkerGroup&) = delete;

  std::size_t size() const noexcept override { return helpers_.size() + 1; }

  void barrier() noexcept override { barrier_.arrive(ranks_); }

  // Why threads could not be bound to their places; the work is done all the same.
  const std::vector<std::string>& pin_failures() const noexcept { return pin_failures_; }

 private:
  // A cache line each: a helper that spins on its own word does not slow the others.
  struct alignas(64) Helper {
    std::atomic<std::uint32_t> starts{0};
    std::thread thread;
  };

  void stop() noexcept;
  void run(std::size_t ranks, Call* call, void* task) noexcept override;
  void help(Helper& helper, std::size_t rank) noexcept;

  std::vector<std::unique_ptr<Helper>> helpers_;
  std::vector<std::string> pin_failures_;
  // Of the call in progress; written by the leader before it increments a helper's `starts`.
  Call* call_ = nullptr;
  void* task_ = nullptr;
  std::size_t ranks_ = 0;
  bool stopping_ = false;
  alignas(64) std::atomic<std::uint32_t> busy_helpers_{0};
  Barrier barrier_;
};

}  // namespace filigree::runtime
