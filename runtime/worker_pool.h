// The threads that compute: one pool for the process, divided into groups. Each group works on one
// batch at a time; its threads are ranks 0 (the leader) to size() - 1. Idle threads sleep.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <type_traits>
#include <vector>

#include "runtime/cpu_list.h"

namespace filigree::runtime {

// places[rank]: the CPUs that the thread is bound to; an empty list leaves it to the operating
// system.
using Places = std::vector<CpuList>;

// Rank 0 is whichever thread calls parallel(), one at a time; the group owns the others.
class WorkerGroup {
 public:
  // Starts places.size() - 1 threads and binds them. Requires at least one place; places[0] is not
  // used here. Throws std::system_error when a thread cannot be started; none of those started then
  // is left.
  explicit WorkerGroup(const Places& places);
  ~WorkerGroup();
  WorkerGroup(const WorkerGroup&) = delete;
  WorkerGroup& operator=(const WorkerGroup&) = delete;

  std::size_t size() const noexcept { return helpers_.size() + 1; }

  // Calls task(rank) for the ranks 0 .. ranks - 1 at the same time and returns when all have
  // returned. What the caller wrote before is seen by them, and what they wrote is seen by the
  // caller. Requires 1 <= ranks <= size() and a task that does not throw. Allocates nothing.
  template <class Task>
  void parallel(std::size_t ranks, Task&& task) noexcept {
    using Plain = std::remove_reference_t<Task>;
    run(
        ranks, [](void* plain, std::size_t rank) { (*static_cast<Plain*>(plain))(rank); },
        const_cast<void*>(static_cast<const void*>(&task)));
  }

  // Inside of parallel(): returns when all of its ranks have called it as often as this one.
  void barrier() noexcept;

  // Why threads could not be bound to their places; the work is done all the same.
  const std::vector<std::string>& pin_failures() const noexcept { return pin_failures_; }

 private:
  using Call = void(void* task, std::size_t rank);
  // A cache line each: a helper that spins on its own word does not slow the others.
  struct alignas(64) Helper {
    std::atomic<std::uint32_t> starts{0};
    std::thread thread;
  };

  void stop() noexcept;
  void run(std::size_t ranks, Call* call, void* task) noexcept;
  void help(Helper& helper, std::size_t rank) noexcept;

  std::vector<std::unique_ptr<Helper>> helpers_;
  std::vector<std::string> pin_failures_;
  // Of the call in progress; written by the leader before it increments a helper's `starts`.
  Call* call_ = nullptr;
  void* task_ = nullptr;
  std::size_t ranks_ = 0;
  bool stopping_ = false;
  alignas(64) std::atomic<std::uint32_t> busy_helpers_{0};
  alignas(64) std::atomic<std::uint32_t> arrived_{0};
  std::atomic<std::uint32_t> barriers_{0};
};

// All groups, and a leader thread for each that runs `leader`.
class WorkerPool {
 public:
  using Leader = std::function<void(std::size_t group_index, WorkerGroup& group)>;

  // Throws std::system_error when a thread cannot be started; none of those started then is left.
  WorkerPool(const std::vector<Places>& groups, const Leader& leader);
  // Joins the leaders: they must return soon, because their source of work says so.
  ~WorkerPool();
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  // As WorkerGroup::pin_failures(), of all threads.
  const std::vector<std::string>& pin_failures() const noexcept { return pin_failures_; }

 private:
  enum Gate : std::uint32_t { kClosed, kOpen, kAbandoned };
  void open(Gate gate) noexcept;

  std::vector<std::unique_ptr<WorkerGroup>> groups_;
  std::vector<std::string> pin_failures_;
  std::atomic<std::uint32_t> gate_{kClosed};  // leaders start their work when all of them exist
  std::vector<std::thread> leaders_;
};

}  // namespace filigree::runtime
