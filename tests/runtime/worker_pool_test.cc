#include "runtime/worker_pool.h"

#include <gtest/gtest.h>

#include <atomic>
#include <numeric>

#include "runtime/affinity.h"

namespace filigree::runtime {
namespace {

TEST(WorkerGroup, RunsEveryRankOnce) {
  for (std::size_t threads = 1; threads <= 4; ++threads) {
    WorkerGroup group{Places(threads)};
    ASSERT_EQ(group.size(), threads);
    for (std::size_t ranks = 1; ranks <= threads; ++ranks) {
      std::vector<int> calls(threads, 0);  // not atomic: parallel() orders these for TSan to check
      group.parallel(ranks, [&](std::size_t rank) { ++calls[rank]; });
      for (std::size_t rank = 0; rank < threads; ++rank)
        EXPECT_EQ(calls[rank], rank < ranks ? 1 : 0) << "threads " << threads << " rank " << rank;
    }
  }
}

TEST(WorkerGroup, RunsRankZeroOnTheCaller) {
  WorkerGroup group{Places(3)};
  std::vector<std::thread::id> threads(3);
  group.parallel(3, [&](std::size_t rank) { threads[rank] = std::this_thread::get_id(); });
  EXPECT_EQ(threads[0], std::this_thread::get_id());
  EXPECT_NE(threads[1], threads[0]);
  EXPECT_NE(threads[2], threads[1]);
}

TEST(WorkerGroup, ShowsEachRankWhatOthersWroteBeforeABarrier) {
  constexpr std::size_t kRanks = 4;
  constexpr std::size_t kRounds = 200;
  WorkerGroup group{Places(kRanks)};
  std::vector<std::size_t> written(kRanks, 0);
  std::vector<std::size_t> wrong(kRanks, 0);
  group.parallel(kRanks, [&](std::size_t rank) {
    for (std::size_t round = 1; round <= kRounds; ++round) {
      written[rank] = round;
      group.barrier();
      if (std::accumulate(written.begin(), written.end(), std::size_t{0}) != kRanks * round)
        ++wrong[rank];
      group.barrier();
    }
  });
  EXPECT_EQ(wrong, std::vector<std::size_t>(kRanks, 0));
}

TEST(WorkerGroup, IsReadyForTheNextCallAfterEachCall) {
  WorkerGroup group{Places(3)};
  std::size_t sum = 0;
  std::vector<std::size_t> parts(3);
  for (std::size_t i = 0; i < 500; ++i) {
    const std::size_t ranks = 1 + i % 3;
    group.parallel(ranks, [&](std::size_t rank) { parts[rank] = i; });
    for (std::size_t rank = 0; rank < ranks; ++rank) sum += parts[rank] == i ? 1 : 0;
  }
  EXPECT_EQ(sum, 167u * 1 + 167u * 2 + 166u * 3);
}

TEST(WorkerGroup, BindsThreadsToTheirPlaces) {
  const CpuList allowed = process_affinity();
  const CpuList place{allowed.back()};
  WorkerGroup group({{}, place});
  if (!group.pin_failures().empty()) GTEST_SKIP() << group.pin_failures()[0];
  CpuList of_helper;
  group.parallel(2, [&](std::size_t rank) {
    if (rank == 1) of_helper = process_affinity();
  });
  EXPECT_EQ(of_helper, place);
}

TEST(WorkerGroup, ReportsAPlaceThatDoesNotExistAndWorksAllTheSame) {
  WorkerGroup group({{}, {kMaxCpus - 1}});
  ASSERT_EQ(group.pin_failures().size(), 1u);
  EXPECT_EQ(group.pin_failures()[0].find("cannot bind a thread to CPU 65535: "), 0u)
      << group.pin_failures()[0];
  std::atomic<int> calls{0};
  group.parallel(2, [&](std::size_t) { ++calls; });
  EXPECT_EQ(calls, 2);
}

TEST(WorkerPool, RunsALeaderForEachGroup) {
  std::vector<std::size_t> sizes(3, 0);
  std::atomic<int> calls{0};
  {
    const WorkerPool pool({Places(1), Places(2), Places(3)},
                          [&](std::size_t i, WorkerGroup& group, JointTeam&) {
                            sizes[i] = group.size();
                            group.parallel(group.size(), [&](std::size_t) { ++calls; });
                          });
  }
  EXPECT_EQ(sizes, (std::vector<std::size_t>{1, 2, 3}));
  EXPECT_EQ(calls, 6);
}

}  // namespace
}  // namespace filigree::runtime
