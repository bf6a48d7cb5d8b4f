#include "loader/parallel.h"

#include <gtest/gtest.h>

#include <atomic>
#include <stdexcept>
#include <string>
#include <vector>

namespace filigree::loader {
namespace {

TEST(ForEachIndex, DoesEveryIndexOnce) {
  for (const std::size_t threads : {0, 1, 3, 50}) {
    std::vector<std::atomic<int>> done(20);
    std::vector<std::atomic<int>> busy(std::max<std::size_t>(threads, 1));
    for_each_index(done.size(), threads, [&](std::size_t index, std::size_t worker) {
      EXPECT_EQ(busy.at(worker)++, 0);
      ++done.at(index);
      --busy.at(worker);
    });
    for (const auto& count : done) EXPECT_EQ(count, 1);
  }
  for_each_index(0, 4, [](std::size_t, std::size_t) { FAIL(); });
}

TEST(ForEachIndex, ThrowsWhatTheLowestIndexThrew) {
  for (int round = 0; round < 20; ++round)
    for (const std::size_t threads : {1, 4}) {
      try {
        for_each_index(100, threads, [](std::size_t index, std::size_t) {
          if (index >= 7) throw std::runtime_error(std::to_string(index));
        });
        FAIL();
      } catch (const std::runtime_error& error) {
        EXPECT_STREQ(error.what(), "7");
      }
    }
}

}  // namespace
}  // namespace filigree::loader
