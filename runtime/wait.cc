#include "runtime/wait.h"

#include <linux/futex.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <chrono>
#include <limits>

namespace filigree::runtime {
namespace {

// Two threads of a pass reach a barrier within a few microseconds of each other when nothing
// disturbs them, and a sleep and wake-up costs about as much as this. A CFS quota charges for
// spinning, so it is not more.
constexpr std::chrono::microseconds kSpin{30};

// A pause is about 40 to 140 cycles; reading the clock after each one would be most of the work.
constexpr int kPausesPerClock = 16;

}  // namespace

void wait_until_changed(const std::atomic<std::uint32_t>& word, std::uint32_t old) noexcept {
  if (word.load(std::memory_order_acquire) != old) return;
  const auto end = std::chrono::steady_clock::now() + kSpin;
  do {
    for (int i = 0; i < kPausesPerClock; ++i) {
      if (word.load(std::memory_order_acquire) != old) return;
      __builtin_ia32_pause();
    }
  } while (std::chrono::steady_clock::now() < end);
  word.wait(old, std::memory_order_acquire);
}

// The system calls themselves: std::atomic knows no timeout, and a condition variable has a lock.
void sleep_while(const std::atomic<std::uint32_t>& word, std::uint32_t old,
                 std::chrono::nanoseconds longest) noexcept {
  static_assert(sizeof(word) == sizeof(std::uint32_t) &&
                std::atomic<std::uint32_t>::is_always_lock_free);
  const auto seconds = std::chrono::floor<std::chrono::seconds>(longest);
  const ::timespec time{.tv_sec = seconds.count(), .tv_nsec = (longest - seconds).count()};
  ::syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, old, &time, nullptr, 0);
}

void wake_all(const std::atomic<std::uint32_t>& word) noexcept {
  ::syscall(SYS_futex, &word, FUTEX_WAKE_PRIVATE, std::numeric_limits<int>::max(), nullptr, nullptr,
            0);
}

}  // namespace filigree::runtime
