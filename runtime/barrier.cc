#include "runtime/barrier.h"

#include "runtime/wait.h"

namespace filigree::runtime {

void Barrier::arrive(std::size_t ranks) noexcept {
  const std::uint32_t before = passed_.load(std::memory_order_acquire);
  if (arrived_.fetch_add(1, std::memory_order_acq_rel) + 1 == ranks) {
    arrived_.store(0, std::memory_order_relaxed);
    passed_.fetch_add(1, std::memory_order_release);
    passed_.notify_all();
  } else {
    wait_until_changed(passed_, before);
  }
}

}  // namespace filigree::runtime
