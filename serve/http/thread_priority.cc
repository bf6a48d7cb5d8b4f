#include "serve/http/thread_priority.h"

#include <sched.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "serve/http/time_slice.h"

namespace filigree::serve {

void lower_thread_priority() noexcept {
  // A tenth of a core while all are busy. Less would be kinder to answers, and the model would
  // never come for the requests that wait for it.
  constexpr int kNice = 10;
  // To the kernel of Linux, every thread is a process with a priority of its own.
  const auto thread = static_cast<id_t>(::syscall(SYS_gettid));
  static_cast<void>(::setpriority(PRIO_PROCESS, thread, kNice));
  // It does not interrupt others when it wakes up.
  const sched_param none{};
  static_cast<void>(::sched_setscheduler(0, SCHED_BATCH, &none));
  // Whoever has shorter slices interrupts it when waking up.
  constexpr std::chrono::milliseconds kLongestSlice{100};
  prefer_time_slices(kLongestSlice);
}

}  // namespace filigree::serve
