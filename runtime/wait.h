// Waiting for another thread: first by spinning, then asleep.
#pragma once

#include <atomic>
#include <cstdint>

namespace filigree::runtime {

// Returns when `word` is not `old`, with acquire order. Spins for some tens of microseconds, then
// sleeps until notified: who changes the word must call notify_one() or notify_all() on it.
void wait_until_changed(const std::atomic<std::uint32_t>& word, std::uint32_t old) noexcept;

}  // namespace filigree::runtime
