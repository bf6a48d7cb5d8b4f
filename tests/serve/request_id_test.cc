#include "serve/http/request_id.h"

#include <gtest/gtest.h>

#include <set>

namespace filigree::serve {
namespace {

TEST(RequestId, KeepsThatOfTheClientWhenItIsPlain) {
  EXPECT_EQ(request_id("Trace-1_a.b"), "Trace-1_a.b");
}

TEST(RequestId, ReplacesOthers) {
  for (const std::string& given : {std::string(), std::string("a b"), std::string("a\nb"),
                                   std::string(65, 'x'), std::string("\xc3\xa9")}) {
    const std::string id = request_id(given);
    EXPECT_EQ(id.size(), 16U) << given;
    EXPECT_EQ(id.find_first_not_of("0123456789abcdef"), std::string::npos) << id;
  }
}

TEST(RequestId, IsNeverTheSameTwice) {
  std::set<std::string> seen;
  for (int i = 0; i < 1000; ++i) seen.insert(request_id({}));
  EXPECT_EQ(seen.size(), 1000U);
}

}  // namespace
}  // namespace filigree::serve
