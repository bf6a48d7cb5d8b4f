#include "serve/http/time_slice.h"

#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>

namespace filigree::serve {
namespace {

// struct sched_attr of the kernel, which glibc of Debian 12 does not have.
struct SchedulingAttributes {
  std::uint32_t size;
  std::uint32_t policy;
  std::uint64_t flags;
  std::int32_t nice;
  std::uint32_t priority;
  std::uint64_t runtime;  // nanoseconds; of an ordinary thread: its slice
  std::uint64_t deadline;
  std::uint64_t period;
};

}  // namespace

bool prefer_time_slices(std::chrono::microseconds length) noexcept {
  SchedulingAttributes attributes{};
  // What is there is kept: nice values are the user's.
  if (::syscall(SYS_sched_getattr, 0, &attributes, sizeof attributes, 0) != 0) return false;
  attributes.size = sizeof attributes;
  attributes.runtime = static_cast<std::uint64_t>(std::chrono::nanoseconds(length).count());
  return ::syscall(SYS_sched_setattr, 0, &attributes, 0) == 0;
}

bool prefer_priority(int steps) noexcept {
  constexpr int kLeastNice = -20;
  const auto thread = static_cast<::id_t>(::gettid());
  errno = 0;  // -1 may be a nice value
  const int now = ::getpriority(PRIO_PROCESS, thread);
  if (errno != 0) return false;
  return ::setpriority(PRIO_PROCESS, thread, std::max(now - steps, kLeastNice)) == 0;
}

}  // namespace filigree::serve
