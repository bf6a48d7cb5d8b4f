#include "serve/http/heap_arenas.h"

#include <gtest/gtest.h>
#include <malloc.h>

#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <latch>
#include <string>
#include <thread>
#include <vector>

namespace filigree::serve {
namespace {

// Of glibc's heap; 1 where a sanitizer has put its own in its place.
std::size_t arenas() {
  char* text = nullptr;
  std::size_t length = 0;
  std::FILE* file = ::open_memstream(&text, &length);
  EXPECT_EQ(::malloc_info(0, file), 0);
  std::fclose(file);
  const std::string info(text, length);
  std::free(text);
  std::size_t count = 0;
  for (std::size_t at = info.find("<heap "); at != std::string::npos;
       at = info.find("<heap ", at + 1))
    ++count;
  return count;
}

void allocate_on_threads(std::ptrdiff_t count) {
  std::latch all(count);
  std::vector<std::jthread> threads;
  for (std::ptrdiff_t i = 0; i < count; ++i)
    threads.emplace_back([&all] {
      const std::vector<char> more_than_the_thread_keeps(5000);
      all.arrive_and_wait();
    });
}

// A process of its own: a limit stays.
TEST(HeapArenasDeathTest, AreNoMoreThanTheLimit) {
  ::testing::FLAGS_gtest_death_test_style = "threadsafe";
  ::unsetenv("GLIBC_TUNABLES");
  ::unsetenv("MALLOC_ARENA_MAX");
  EXPECT_EXIT(
      {
        limit_heap_arenas(2);
        allocate_on_threads(6);
        std::exit(arenas() <= 2 ? 0 : 1);
      },
      ::testing::ExitedWithCode(0), "");
}

TEST(HeapArenasDeathTest, AreWhatTheEnvironmentSays) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "the sanitizer's heap has no arenas";
#endif
  ::testing::FLAGS_gtest_death_test_style = "threadsafe";
  ::unsetenv("GLIBC_TUNABLES");
  ::setenv("MALLOC_ARENA_MAX", "3", 1);
  EXPECT_EXIT(
      {
        limit_heap_arenas(1);
        allocate_on_threads(6);
        std::exit(static_cast<int>(arenas()));
      },
      ::testing::ExitedWithCode(3), "");
  ::unsetenv("MALLOC_ARENA_MAX");
}

}  // namespace
}  // namespace filigree::serve
