#include "loader/cache_writer.h"

#include <gtest/gtest.h>

#include <future>
#include <stdexcept>
#include <string>
#include <vector>

namespace filigree::loader {
namespace {

TEST(CacheWriter, DoesOnePieceAfterAnother) {
  std::vector<std::string> done;
  CacheWriter writer([&](const std::string& error) { done.push_back(error); });
  writer.add([&] { done.emplace_back("a"); });
  writer.add([] { throw std::runtime_error("b"); });
  writer.add([&] { done.emplace_back("c"); });
  writer.wait();
  EXPECT_EQ(done, (std::vector<std::string>{"a", "b", "c"}));
}

TEST(CacheWriter, WaitsForThePieceThatHasBegun) {
  std::promise<void> begun;
  bool done = false;
  {
    CacheWriter writer([](const std::string&) {});
    writer.add([&] {
      begun.set_value();
      done = true;
    });
    begun.get_future().wait();
  }
  EXPECT_TRUE(done);
}

}  // namespace
}  // namespace filigree::loader
