#include "tokenizer/word_table.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

namespace filigree::tokenizer {
namespace {

TEST(WordTable, FindsWordsByAllTheirBytes) {
  const WordTable table({{"a", 1}, {"ab", 2}, {"eleven byte", 3}, {"eleven bytf", 4}});
  EXPECT_EQ(table.find("a"), 1);
  EXPECT_EQ(table.find("ab"), 2);
  EXPECT_EQ(table.find("eleven byte"), 3);
  EXPECT_EQ(table.find("eleven bytf"), 4);
  for (const std::string_view other : {"b", "abc", "eleven byt", "fleven byte", ""})
    EXPECT_EQ(table.find(other), WordTable::kNoValue) << other;
}

TEST(WordTable, BytesOfZeroAreNotTheEndOfAWord) {
  const std::string zero("a\0", 2);
  const WordTable table({{"a", 1}, {zero, 2}});
  EXPECT_EQ(table.find("a"), 1);
  EXPECT_EQ(table.find(zero), 2);
  EXPECT_EQ(table.find(std::string("a\0\0", 3)), WordTable::kNoValue);
}

TEST(WordTable, LongerWordsHaveATableOfTheirOwn) {
  const std::string most(WordTable::kMostBytes, 'm');
  const WordTable table({{"twelve bytes", 1}, {"twelve bytez", 2}, {most, 3}});
  EXPECT_EQ(table.find("twelve bytes"), 1);
  EXPECT_EQ(table.find("twelve bytez"), 2);
  EXPECT_EQ(table.find("twelve byte"), WordTable::kNoValue);
  EXPECT_EQ(table.find(most), 3);
  EXPECT_EQ(table.find(most.substr(1)), WordTable::kNoValue);
  EXPECT_FALSE(table.has_longer());
  EXPECT_EQ(table.most_bytes(), WordTable::kMostBytes);
  EXPECT_EQ(WordTable({{"ab", 1}, {"c", 2}}).most_bytes(), 2U);
}

TEST(WordTable, LeavesOutWhatIsEmptyOrTooLong) {
  const std::string longer(WordTable::kMostBytes + 1, 'm');
  const WordTable table({{"", 1}, {longer, 2}});
  EXPECT_EQ(table.find(""), WordTable::kNoValue);
  EXPECT_EQ(table.find(longer), WordTable::kNoValue);
  EXPECT_EQ(table.longest(longer).length, 0U);
  EXPECT_TRUE(table.has_longer());
  EXPECT_EQ(WordTable({}).find("a"), WordTable::kNoValue);
  EXPECT_EQ(WordTable({}).longest("a").length, 0U);
}

TEST(WordTable, OfEqualWordsTheFirstIsKept) {
  EXPECT_EQ(WordTable({{"a", 1}, {"a", 2}}).find("a"), 1);
}

// The words of a large vocabulary, more than fit into their own lines of the caches.
TEST(WordTable, HasAllOfManyWords) {
  constexpr std::int32_t kWords = 30000;
  std::vector<std::string> texts;
  for (std::int32_t i = 0; i < kWords; ++i)
    texts.push_back((i % 3 == 0 ? "a longer w" : "w") + std::to_string(i * 7919));
  WordTable::Words words;
  for (std::int32_t i = 0; i < kWords; ++i)
    words.emplace_back(texts[static_cast<std::size_t>(i)], i);
  const WordTable table(words);
  for (const auto& [word, value] : words) {
    ASSERT_EQ(table.find(word), value) << word;
    ASSERT_EQ(table.find(std::string(word) + "x"), WordTable::kNoValue);
  }
}

// As a search through all words finds it.
TEST(WordTable, TheLongestWordAtTheBeginOfAText) {
  std::vector<std::string> texts;
  std::uint32_t chance = 1;
  const auto below = [&](std::uint32_t limit) {
    chance = chance * 1664525 + 1013904223;
    return (chance >> 16) % limit;
  };
  const auto random_text = [&](std::size_t most) {
    std::string text;
    for (std::size_t bytes = below(static_cast<std::uint32_t>(most)) + 1; bytes > 0; --bytes)
      text.push_back(below(5) == 0 ? 'b' : 'a');
    return text;
  };
  for (int i = 0; i < 300; ++i) texts.push_back(random_text(WordTable::kMostBytes));
  WordTable::Words words;
  for (const std::string& text : texts)
    words.emplace_back(text, static_cast<std::int32_t>(words.size()));
  const WordTable table(words);
  for (int i = 0; i < 5000; ++i) {
    const std::string text = random_text(40);
    std::size_t longest = 0;
    for (const std::string& word : texts)
      if (text.starts_with(word)) longest = std::max(longest, word.size());
    const WordTable::Match match = table.longest(text);
    ASSERT_EQ(match.length, longest) << text;
    ASSERT_EQ(match.value, table.find(std::string_view(text).substr(0, longest))) << text;
  }
}

}  // namespace
}  // namespace filigree::tokenizer
