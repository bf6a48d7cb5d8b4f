#include "serve/http/giving_way.h"

#include <time.h>

#include <algorithm>
#include <thread>
#include <utility>

namespace filigree::serve {
namespace {

using Clock = std::chrono::steady_clock;
using Duration = LoadShare::Duration;

// Asking for the time of a thread enters the kernel, the other clock does not.
constexpr Duration kLookInterval = LoadShare::kTurn / 4;

Duration processor_time() {
  ::timespec time{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

struct LoadingThread {
  LoadShare share;
  Clock::time_point looked = Clock::now();
  Duration used = processor_time();
};

void take_rest(const LoadShare::Rest& rest, Clock::time_point begin, const Answering& answering) {
  std::this_thread::sleep_until(begin + rest.least);
  const Clock::time_point end = begin + rest.most;
  if (const Clock::time_point now = Clock::now(); now < end && answering.busy())
    answering.wait_for_idle(end - now);
}

}  // namespace

LoadShare::Rest LoadShare::after(Duration used, bool others_are_busy) {
  if (!others_are_busy) {
    used_ = credit_ = Duration{0};
    return {};
  }
  used_ += used;
  if (used_ < kTurn) return {};
  const Duration turn = std::exchange(used_, Duration{0});
  const Duration credit = std::exchange(credit_, Duration{0});
  const Duration most = kMostRest * turn - credit;
  credit_ = std::max(-most, Duration{0});
  if (most <= Duration{0}) return {};
  return {.least = std::clamp(kLeastRest * turn - credit, Duration{0}, kLongestRest),
          .most = std::min(most, kLongestRest)};
}

void LoadShare::rested(Rest rest, Duration took) {
  credit_ += std::clamp(took - rest.most, Duration{0}, kMostCredit);
}

std::function<void()> giving_way(Answering answering) {
  return [answering = std::move(answering)] {
    thread_local LoadingThread thread;
    const Clock::time_point now = Clock::now();
    if (now - thread.looked < kLookInterval) return;
    const Duration used = processor_time();
    const LoadShare::Rest rest =
        thread.share.after(used - std::exchange(thread.used, used), answering.busy());
    if (rest.most > Duration{0}) take_rest(rest, now, answering);
    thread.looked = Clock::now();
    if (rest.most > Duration{0}) thread.share.rested(rest, thread.looked - now);
  };
}

}  // namespace filigree::serve
