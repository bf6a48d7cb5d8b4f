#include "tokenizer/byte_trie.h"

#include <gtest/gtest.h>

#include <string>

namespace filigree::tokenizer {
namespace {

TEST(ByteTrie, TheLongestOfSeveralPrefixesWins) {
  const ByteTrie trie({{"a", 1}, {"abc", 3}, {"ab", 2}, {"b", 4}});
  EXPECT_EQ(trie.longest(ByteTrie::kRoot, "abcd").value, 3);
  EXPECT_EQ(trie.longest(ByteTrie::kRoot, "abcd").length, 3U);
  EXPECT_EQ(trie.longest(ByteTrie::kRoot, "abd").value, 2);
  EXPECT_EQ(trie.longest(ByteTrie::kRoot, "ad").value, 1);
}

TEST(ByteTrie, AnInnerNodeWithoutValueIsNoMatch) {
  const ByteTrie trie({{"abc", 0}});
  EXPECT_EQ(trie.longest(ByteTrie::kRoot, "abd").length, 0U);
  EXPECT_EQ(trie.longest(ByteTrie::kRoot, "ab").length, 0U);
}

TEST(ByteTrie, TheSearchGoesOnFromTheNodeOfAPrefix) {
  const ByteTrie trie({{"##a", 7}, {"##", 8}, {"x", 9}});
  const ByteTrie::Node node = trie.descend("##");
  EXPECT_EQ(trie.longest(node, "ab").value, 7);
  EXPECT_EQ(trie.longest(node, "x").length, 0U);
}

TEST(ByteTrie, APrefixThatNoStringHasMatchesNothing) {
  const ByteTrie trie({{"a", 1}});
  EXPECT_EQ(trie.descend("##"), ByteTrie::kNoNode);
  EXPECT_EQ(trie.longest(trie.descend("##"), "a").length, 0U);
}

TEST(ByteTrie, EmptyStringsAndEmptyTextsMatchNothing) {
  const ByteTrie trie({{"", 1}, {"a", 2}});
  EXPECT_EQ(trie.longest(ByteTrie::kRoot, "").length, 0U);
  EXPECT_EQ(trie.longest(ByteTrie::kRoot, "b").length, 0U);
  EXPECT_EQ(ByteTrie({}).longest(ByteTrie::kRoot, "a").length, 0U);
}

TEST(ByteTrie, NodesOfEveryWidthFindAllTheirChildren) {
  for (std::size_t width = 1; width <= 256; ++width) {
    std::vector<std::string> texts;
    for (std::size_t byte = 256 - width; byte < 256; ++byte)
      texts.push_back({'p', static_cast<char>(byte)});
    std::vector<std::pair<std::string_view, std::int32_t>> strings;
    for (std::size_t i = 0; i < texts.size(); ++i)
      strings.emplace_back(texts[i], static_cast<std::int32_t>(i));
    const ByteTrie trie(strings);
    for (std::size_t byte = 0; byte < 256; ++byte) {
      const std::string text{'p', static_cast<char>(byte)};
      const std::int32_t want =
          byte + width < 256 ? ByteTrie::kNoValue : static_cast<std::int32_t>(byte + width - 256);
      ASSERT_EQ(trie.longest(ByteTrie::kRoot, text).value, want) << width << " " << byte;
    }
  }
}

}  // namespace
}  // namespace filigree::tokenizer
