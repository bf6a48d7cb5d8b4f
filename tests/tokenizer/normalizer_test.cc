#include "tokenizer/normalizer.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tokenizer/utf8.h"

namespace filigree::tokenizer {
namespace {

struct Normal {
  std::string text;
  std::vector<std::uint32_t> origins;
  void put(const NormalizedChar& next) {
    append_utf8(text, next.c);
    origins.push_back(next.origin);
  }
};

Normal normalized(const NormalizerOptions& options, std::string_view text) {
  Normal normal;
  Normalizer(options).run(text, 0, normal);
  return normal;
}

// The same, told of words by put_word().
struct NormalByWords : Normal {
  std::size_t words = 0;
  void put_word(std::string_view ascii, std::uint32_t origin) {
    ++words;
    text += ascii;
    for (std::size_t i = 0; i < ascii.size(); ++i) origins.push_back(origin++);
  }
};

constexpr NormalizerOptions kNone{
    .clean_text = false, .handle_chinese_chars = false, .strip_accents = false, .lowercase = false};

TEST(Normalizer, WithAllStepsOffTheTextStays) {
  const std::string text = "A\t\u00c9\u4e2d\u200b\uac00\u0301\u302e";
  EXPECT_EQ(normalized(kNone, text).text, text);
}

TEST(Normalizer, PutWordTellsTheSame) {
  const std::string long_word(200, 'W');
  for (const bool all : {false, true}) {
    const NormalizerOptions options = all ? NormalizerOptions{} : kNone;
    for (const std::string& text : {std::string("One two,\tTHREE  4.5"),
                                    "e\u0301A\u00c9b\u4e2dx\u0301\u302eY z\u0130" + long_word,
                                    std::string("a\0b", 3), std::string()}) {
      NormalByWords by_words;
      Normalizer(options).run(text, 5, by_words);
      Normal normal;
      Normalizer(options).run(text, 5, normal);
      EXPECT_EQ(by_words.text, normal.text);
      EXPECT_EQ(by_words.origins, normal.origins);
      EXPECT_EQ(by_words.words > 0, !text.empty());
    }
  }
}

TEST(Normalizer, CleaningDropsControlsAndMakesSpacesPlain) {
  NormalizerOptions options = kNone;
  options.clean_text = true;
  EXPECT_EQ(normalized(options, std::string("a\0b\x07\u200b\ufffd\uE000\t\u3000\x0b", 19)).text,
            "ab  ");
}

TEST(Normalizer, ChineseCharactersGetSpacesAlignedWithThem) {
  NormalizerOptions options = kNone;
  options.handle_chinese_chars = true;
  const Normal got = normalized(options, "a\u4e2db");
  EXPECT_EQ(got.text, "a \u4e2d b");
  EXPECT_EQ(got.origins, (std::vector<std::uint32_t>{0, 1, 1, 1, 2}));
}

TEST(Normalizer, LowerCaseKnowsSpecialCasingAndNoContext) {
  NormalizerOptions options = kNone;
  options.lowercase = true;
  const Normal got = normalized(options, "\u0130\u03a3\u1e9e\u10a0");
  EXPECT_EQ(got.text, "i\u0307\u03c3\u00df\u2d00");
  EXPECT_EQ(got.origins, (std::vector<std::uint32_t>{0, 0, 1, 2, 3}));
}

TEST(Normalizer, StrippingAccentsDecomposes) {
  NormalizerOptions options = kNone;
  options.strip_accents = true;
  EXPECT_EQ(normalized(options, "\u00c5\u1ebf\ud55c\uac00\uf900").text,
            "Ae\u1112\u1161\u11ab\u1100\u1161\u8c48");
}

TEST(Normalizer, SurvivingMarksAreReorderedAndAlignedByPosition) {
  NormalizerOptions options = kNone;
  options.strip_accents = true;
  // Class 230 twice, then 224, which is not a non-spacing mark and comes first in canonical order.
  const Normal got = normalized(options, "e\u0301\u0301\u302ex");
  EXPECT_EQ(got.text, "e\u302ex");
  EXPECT_EQ(got.origins, (std::vector<std::uint32_t>{0, 1, 4}));
}

TEST(Normalizer, CleanedCharactersDoNotSeparateMarks) {
  NormalizerOptions options = kNone;
  options.strip_accents = true;
  options.clean_text = true;
  const Normal got = normalized(options, "e\u0301\u200d\u302e");
  EXPECT_EQ(got.text, "e\u302e");
  EXPECT_EQ(got.origins, (std::vector<std::uint32_t>{0, 1}));
}

TEST(Normalizer, CountsTheCodePointsItRead) {
  Normal normal;
  EXPECT_EQ(Normalizer(NormalizerOptions{}).run("a\u0301\u302e\u200b\u4e2d", 10, normal), 15U);
}

}  // namespace
}  // namespace filigree::tokenizer
