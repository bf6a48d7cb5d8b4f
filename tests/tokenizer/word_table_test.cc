#include "tokenizer/word_table.h"

#include <gtest/gtest.h>

#include <string>

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

TEST(WordTable, LeavesOutWhatIsEmptyOrLonger) {
  const WordTable table({{"", 1}, {"twelve bytes", 2}});
  EXPECT_EQ(table.find(""), WordTable::kNoValue);
  EXPECT_EQ(table.find("twelve bytes"), WordTable::kNoValue);
  EXPECT_EQ(WordTable({}).find("a"), WordTable::kNoValue);
}

// The words of a large vocabulary: none is mistaken for another, few are left out.
TEST(WordTable, HasNearlyAllOfManyWords) {
  constexpr std::int32_t kWords = 30000;
  std::vector<std::string> texts;
  for (std::int32_t i = 0; i < kWords; ++i) texts.push_back("w" + std::to_string(i * 7919));
  std::vector<std::pair<std::string_view, std::int32_t>> words;
  for (std::int32_t i = 0; i < kWords; ++i)
    words.emplace_back(texts[static_cast<std::size_t>(i)], i);
  const WordTable table(words);
  std::int32_t found = 0;
  for (const auto& [word, value] : words) {
    const std::int32_t got = table.find(word);
    ASSERT_TRUE(got == value || got == WordTable::kNoValue) << word;
    found += got == value ? 1 : 0;
    ASSERT_EQ(table.find(std::string(word) + "x"), WordTable::kNoValue);
  }
  EXPECT_GT(found, kWords * 9 / 10);
}

}  // namespace
}  // namespace filigree::tokenizer
