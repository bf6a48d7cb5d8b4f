#include "serve/http/time_slice.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <thread>

namespace filigree::serve {
namespace {

// struct sched_attr: size, policy, flags, nice, priority, runtime, deadline, period.
// 0 where the kernel has no slices of ordinary threads.
std::uint64_t slice_ns() {
  std::array<std::uint64_t, 6> attributes{};
  if (::syscall(SYS_sched_getattr, 0, attributes.data(), sizeof attributes, 0) != 0) return 0;
  return attributes[3];
}

TEST(TimeSlice, IsWhatWasAskedForWhereTheKernelKnowsIt) {
  std::thread([] {
    if (slice_ns() == 0) GTEST_SKIP() << "Linux before 6.12, or an emulated one";
    ASSERT_TRUE(prefer_time_slices(std::chrono::milliseconds(5)));
    EXPECT_EQ(slice_ns(), 5'000'000U);
    ASSERT_TRUE(prefer_time_slices(std::chrono::microseconds(100)));
    EXPECT_EQ(slice_ns(), 100'000U);
  }).join();
}

TEST(TimeSlice, LeavesTheNiceValueOfTheThread) {
  std::thread([] {
    const auto id = static_cast<::id_t>(::gettid());
    ASSERT_EQ(::setpriority(PRIO_PROCESS, id, 7), 0);
    prefer_time_slices(std::chrono::milliseconds(5));
    EXPECT_EQ(::getpriority(PRIO_PROCESS, id), 7);
  }).join();
}

TEST(Priority, IsRaisedWhereThatIsAllowedAndElseStays) {
  std::thread([] {
    const auto id = static_cast<::id_t>(::gettid());
    ASSERT_EQ(::setpriority(PRIO_PROCESS, id, 15), 0);
    const bool raised = prefer_priority(5);
    EXPECT_EQ(::getpriority(PRIO_PROCESS, id), raised ? 10 : 15);
  }).join();
}

}  // namespace
}  // namespace filigree::serve
