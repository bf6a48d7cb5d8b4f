#include "loader/give_way.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <functional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "loader/cache_writer.h"
#include "loader/file.h"
#include "loader/parallel.h"
#include "loader/shared_tensors.h"

namespace filigree::loader {
namespace {

// Calls of give_way() on threads within a scope of `wait`.
struct Calls {
  std::atomic<std::size_t> count{0};
  const std::function<void()> wait = [this] { ++count; };
};

TEST(GiveWay, CallsTheInnermostScopeOfTheThread) {
  Calls outer;
  Calls inner;
  give_way();
  {
    const GiveWayScope scope(outer.wait);
    give_way();
    {
      const GiveWayScope nested(inner.wait);
      give_way();
      give_way();
    }
    give_way();
    std::jthread([] { give_way(); }).join();
  }
  give_way();
  EXPECT_EQ(outer.count, 2U);
  EXPECT_EQ(inner.count, 2U);
}

TEST(GiveWay, DoesNothingInAScopeOfNothing) {
  Calls outer;
  const std::function<void()> none;
  const GiveWayScope scope(outer.wait);
  const GiveWayScope nested(none);
  give_way();
  EXPECT_EQ(outer.count, 0U);
}

TEST(GiveWay, HoldsForThreadsThatLoadTogether) {
  Calls calls;
  const GiveWayScope scope(calls.wait);
  for_each_index(100, 4, [](std::size_t, std::size_t) { give_way(); });
  EXPECT_EQ(calls.count, 100U);
}

TEST(GiveWay, HoldsForACacheWriter) {
  Calls calls;
  CacheWriter writer([](const std::string&) {}, calls.wait);
  writer.add([] { give_way(); });
  writer.wait();
  EXPECT_EQ(calls.count, 1U);
}

TEST(GiveWay, CutsWorkIntoPieces) {
  Calls calls;
  const GiveWayScope scope(calls.wait);
  std::vector<std::pair<std::size_t, std::size_t>> pieces;
  in_pieces(2 * kPieceBytes + 1,
            [&](std::size_t offset, std::size_t bytes) { pieces.emplace_back(offset, bytes); });
  EXPECT_EQ(pieces, (std::vector<std::pair<std::size_t, std::size_t>>{
                        {0, kPieceBytes}, {kPieceBytes, kPieceBytes}, {2 * kPieceBytes, 1}}));
  EXPECT_EQ(calls.count, 3U);
  in_pieces(0, [](std::size_t, std::size_t) { FAIL(); });
}

TEST(GiveWay, IsCalledBetweenPiecesThatAreReadAndHashed) {
  const std::filesystem::path path =
      std::filesystem::temp_directory_path() / ("filigree_give_way_" + std::to_string(::getpid()));
  std::vector<std::byte> written(3 * kPieceBytes + 5);
  for (std::size_t i = 0; i < written.size(); ++i) written[i] = static_cast<std::byte>(i * 7 >> 3);
  std::ofstream(path, std::ios::binary)
      .write(reinterpret_cast<const char*>(written.data()),
             static_cast<std::streamsize>(written.size()));
  Calls calls;
  std::vector<std::byte> read(written.size());
  {
    const GiveWayScope scope(calls.wait);
    File(path).read(0, read);
  }
  std::filesystem::remove(path);
  EXPECT_EQ(read, written);
  EXPECT_EQ(calls.count.exchange(0), 4U);
  const std::uint64_t hash = content_hash(read);
  EXPECT_EQ(calls.count, 0U);
  const GiveWayScope scope(calls.wait);
  EXPECT_EQ(content_hash(read), hash);
  EXPECT_EQ(calls.count, 3U);  // what fills no word comes last
}

}  // namespace
}  // namespace filigree::loader
