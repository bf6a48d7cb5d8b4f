// How soon a thread runs that wakes up while all cores compute.
#pragma once

#include <chrono>

namespace filigree::serve {

// Asks the scheduler to give this thread time in slices of this length. A thread with shorter ones
// than whatever computes runs at once when it wakes, where it would wait for the end of a slice of
// some milliseconds. Linux 6.12 and later know it; where the system does not, nothing changes, and
// older kernels let a thread that has slept run at once anyway. Needs no privilege. Returns whether
// it was taken.
bool prefer_time_slices(std::chrono::microseconds length) noexcept;

// Lowers the nice value of this thread by `steps`, for one that computes little. False, and nothing
// changes, where the system does not allow that (CAP_SYS_NICE, RLIMIT_NICE, LimitNICE of systemd).
bool prefer_priority(int steps) noexcept;

}  // namespace filigree::serve
