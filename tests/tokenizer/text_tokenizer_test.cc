// Work of the model, which must grow with the text and not faster.
#include "tokenizer/text_tokenizer.h"

#include <gtest/gtest.h>

#include <string>

#include "tests/tokenizer/small_tokenizer.h"

namespace filigree::tokenizer {
namespace {

std::size_t steps(const std::string& json, const std::string& text) {
  return TextTokenizer(read_tokenizer_json(json, "small.json")).tokenize(text).steps;
}

std::string repeated(const std::string& unit, std::size_t count) {
  std::string text;
  for (std::size_t i = 0; i < count; ++i) text += unit;
  return text;
}

TEST(TextTokenizer, TwiceTheTextIsTwiceTheWork) {
  for (const char* unit : {"abc abb xyz! ", "bbbbbbbbbb ", "a\u0301b\u0301 ", "[CLS] "}) {
    const std::size_t once = steps(kSmallTokenizer, repeated(unit, 1000));
    EXPECT_EQ(steps(kSmallTokenizer, repeated(unit, 2000)), 2 * once) << unit;
  }
}

TEST(TextTokenizer, AWordBeyondTheLimitIsNoWorkForTheModel) {
  EXPECT_EQ(steps(kSmallTokenizer, std::string(1000000, 'b')), 0U);
}

TEST(TextTokenizer, AByteOfALongWordIsLookedAtAtMostOncePerByteOfTheLongestToken) {
  // Every search for a piece reads up to the last byte of the long token, and then takes "##b".
  const std::string json =
      small_with("\"max_input_chars_per_word\": 10", "\"max_input_chars_per_word\": 10000000",
                 small_with("\"##c\": 6", "\"##bbbbbbbbbbbbbbbbbbbbbbbbbc\": 6"));
  constexpr std::size_t kLongest = 26;  // without its prefix
  for (const std::size_t bytes : {1000U, 2000U, 200000U})
    EXPECT_LE(steps(json, std::string(bytes, 'b')), bytes * kLongest);
}

TEST(TextTokenizer, ALongRunOfCombiningMarksIsSortedOnce) {
  // U+302E survives and is ordered before U+0301; a mark moved to position n is aligned with code
  // point n.
  const TextTokenizer tokenizer(read_tokenizer_json(kSmallTokenizer, "small.json"));
  std::string text = "e";
  text += repeated("\u0301", 100000);
  text += "\u302e";
  const TokenizedText got = tokenizer.tokenize(text).tokens;
  ASSERT_EQ(got.ids.size(), 1U);
  EXPECT_EQ(got.offsets[0], (Offset{0, 2}));
}

}  // namespace
}  // namespace filigree::tokenizer
