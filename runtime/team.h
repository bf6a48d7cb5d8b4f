// Threads that compute something together, whoever owns them.
#pragma once

#include <cstddef>
#include <type_traits>

namespace filigree::runtime {

class Team {
 public:
  virtual std::size_t size() const noexcept = 0;

  // Calls task(rank) for the ranks 0 .. ranks - 1 at the same time and returns when all have
  // returned; rank 0 is the calling thread. What the caller wrote before is seen by them, and what
  // they wrote is seen by the caller. Requires 1 <= ranks <= size() and a task that does not throw.
  // Allocates nothing.
  template <class Task>
  void parallel(std::size_t ranks, Task&& task) noexcept {
    using Plain = std::remove_reference_t<Task>;
    run(
        ranks, [](void* plain, std::size_t rank) { (*static_cast<Plain*>(plain))(rank); },
        const_cast<void*>(static_cast<const void*>(&task)));
  }

  // Inside of parallel(): returns when all of its ranks have called it as often as this one.
  virtual void barrier() noexcept = 0;

 protected:
  using Call = void(void* task, std::size_t rank);

  Team() = default;
  Team(const Team&) = default;
  Team& operator=(const Team&) = default;
  ~Team() = default;

  virtual void run(std::size_t ranks, Call* call, void* task) noexcept = 0;
};

}  // namespace filigree::runtime
