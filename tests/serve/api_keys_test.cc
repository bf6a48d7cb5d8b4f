#include "serve/http/api_keys.h"

#include <gtest/gtest.h>

namespace filigree::serve {
namespace {

TEST(ApiKeys, LetEverybodyAskWhenThereAreNone) { EXPECT_TRUE(ApiKeys({}).allow("")); }

TEST(ApiKeys, AllowOnlyTheWholeKey) {
  const ApiKeys keys({"secret", "other-key"});
  EXPECT_TRUE(keys.allow("Bearer secret"));
  EXPECT_TRUE(keys.allow("bearer  other-key"));
  for (const char* given :
       {"", "Bearer", "Bearer ", "Bearer secre", "Bearer secrets", "Bearer secretsecret",
        "Bearer SECRET", "Bearer  ", "secret", "Basic secret", "Bearersecret", "Bearer secret "})
    EXPECT_FALSE(keys.allow(given)) << given;
}

}  // namespace
}  // namespace filigree::serve
