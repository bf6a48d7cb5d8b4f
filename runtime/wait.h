// Waiting for another thread: first by spinning, then asleep.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>

namespace filigree::runtime {

// Returns when `word` is not `old`, with acquire order. Spins for some tens of microseconds, then
// sleeps until notified: who changes the word must call notify_one() or notify_all() on it.
void wait_until_changed(const std::atomic<std::uint32_t>& word, std::uint32_t old) noexcept;

// Sleeps while `word` is `old`, until wake_all() is called for it or `longest` has passed; now and
// then for less. The two take no lock, whoever is in them.
void sleep_while(const std::atomic<std::uint32_t>& word, std::uint32_t old,
                 std::chrono::nanoseconds longest) noexcept;
void wake_all(const std::atomic<std::uint32_t>& word) noexcept;

}  // namespace filigree::runtime
