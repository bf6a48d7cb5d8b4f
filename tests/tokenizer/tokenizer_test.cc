#include "tokenizer/tokenizer.h"

#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

#include "tests/tokenizer/golden_file.h"
#include "tests/tokenizer/small_tokenizer.h"
#include "tokenizer/utf8.h"

namespace filigree::tokenizer {
namespace {

using Ids = std::vector<std::int32_t>;
using Offsets = std::vector<Offset>;

Tokenizer small(const std::string& json = kSmallTokenizer) {
  return Tokenizer::from_json(json, "small.json");
}

TEST(Tokenizer, AWordIsSplitIntoItsLongestPieces) {
  const TokenizedText got = small().tokenize("abc abb bc");
  EXPECT_EQ(got.ids, (Ids{7, 3, 5, 5, 4, 6}));
  EXPECT_EQ(got.offsets, (Offsets{{0, 3}, {4, 5}, {5, 6}, {6, 7}, {8, 9}, {9, 10}}));
}

TEST(Tokenizer, AWordOfWhichAPartMatchesNothingIsOneUnknown) {
  const TokenizedText got = small().tokenize("abx!");
  EXPECT_EQ(got.ids, (Ids{0, 10}));
  EXPECT_EQ(got.offsets, (Offsets{{0, 3}, {3, 4}}));
}

TEST(Tokenizer, AWordIsUnknownFromOneCharacterMoreThanTheLimit) {
  EXPECT_EQ(small().tokenize("bbbbbbbbbb").ids.size(), 10U);
  const TokenizedText got = small().tokenize("bbbbbbbbbbb");
  EXPECT_EQ(got.ids, (Ids{0}));
  EXPECT_EQ(got.offsets, (Offsets{{0, 11}}));
}

TEST(Tokenizer, TheLimitCountsCharactersOfTheNormalForm) {
  // Eleven code points, of which the accents are stripped: ten characters remain.
  EXPECT_EQ(small().tokenize("be\u0301bbbbbbbbb").ids, (Ids{0}));
  EXPECT_EQ(small().tokenize("b\u0301bbbbbbbbb").ids.size(), 10U);
}

TEST(Tokenizer, OffsetsAreCodePointsOfTheText) {
  const TokenizedText got = small().tokenize("\U0001F600 \u00c9\u200b a\u0301bc!");
  EXPECT_EQ(got.ids, (Ids{0, 9, 7, 10}));
  EXPECT_EQ(got.offsets, (Offsets{{0, 1}, {2, 3}, {5, 9}, {9, 10}}));
}

TEST(Tokenizer, TextsWithoutWordsHaveNoTokens) {
  for (const char* text : {"", " ", "\t\n\u3000", "\u200b\u0301", "\xEF\xBB\xBF"})
    EXPECT_TRUE(small().tokenize(text).ids.empty()) << text;
}

TEST(Tokenizer, AnInvalidSubpartIsTheReplacementCharacter) {
  const Tokenizer kept = small(small_with("\"clean_text\": true", "\"clean_text\": false"));
  for (const char* text : {"a\xFF"
                           "b",
                           "\xE1\x80 abc \xF0\x91\x92", "[CLS]\xC0[CLS]", "\xED\xA0\x80"}) {
    const std::string repaired = replace_invalid_utf8(text);
    EXPECT_EQ(kept.encode(text).ids, kept.encode(repaired).ids);
    EXPECT_EQ(kept.encode(text).offsets, kept.encode(repaired).offsets);
  }
  EXPECT_EQ(small().tokenize("a\xE1\x80 b").offsets, (Offsets{{0, 1}, {3, 4}}));
}

TEST(Tokenizer, ASingleTextIsPutIntoItsTemplate) {
  const Encoding got = small().encode("a b");
  EXPECT_EQ(got.ids, (Ids{1, 3, 4, 2}));
  EXPECT_EQ(got.type_ids, (Ids{0, 0, 0, 0}));
  EXPECT_EQ(got.offsets, (Offsets{{0, 0}, {0, 1}, {2, 3}, {0, 0}}));
  EXPECT_EQ(got.sequence, (std::vector<std::int8_t>{kSpecialToken, 0, 0, kSpecialToken}));
}

TEST(Tokenizer, APairIsPutIntoItsTemplate) {
  const Encoding got = small().encode("a", "b");
  EXPECT_EQ(got.ids, (Ids{1, 3, 2, 4, 2}));
  EXPECT_EQ(got.type_ids, (Ids{0, 0, 0, 1, 1}));
  EXPECT_EQ(got.offsets, (Offsets{{0, 0}, {0, 1}, {0, 0}, {0, 1}, {0, 0}}));
  EXPECT_EQ(got.sequence,
            (std::vector<std::int8_t>{kSpecialToken, 0, kSpecialToken, 1, kSpecialToken}));
}

TEST(Tokenizer, SpecialTokensOfBothTemplatesAreCounted) {
  EXPECT_EQ(small().special_tokens_single(), 2U);
  EXPECT_EQ(small().special_tokens_pair(), 3U);
}

TEST(Tokenizer, BertProcessingIsTheTemplateOfBert) {
  const std::string json = small_with_value(
      "post_processor", R"({"type": "BertProcessing", "sep": ["[SEP]", 2], "cls": ["[CLS]", 1]})");
  const Encoding want = small().encode("a", "b");
  const Encoding got = small(json).encode("a", "b");
  EXPECT_EQ(got.ids, want.ids);
  EXPECT_EQ(got.type_ids, want.type_ids);
  EXPECT_EQ(small(json).encode("a").ids, small().encode("a").ids);
}

TEST(Tokenizer, TruncationAndPaddingOfTheFileAreIgnored) {
  EXPECT_EQ(small().encode("a a a a a a").ids.size(), 8U);
}

TEST(Tokenizer, ASequenceOfOneNormalizerIsThatNormalizer) {
  const std::string json = small_with(
      "\"lowercase\": true}", "\"lowercase\": true}]}",
      small_with("\"normalizer\": {", R"("normalizer": {"type": "Sequence", "normalizers": [{)"));
  EXPECT_EQ(small(json).tokenize("\u00c9").ids, (Ids{9}));
}

TEST(Tokenizer, AccentsStayWhereTheNormalizerKeepsThem) {
  EXPECT_EQ(small(small_with("\"strip_accents\": null", "\"strip_accents\": false"))
                .tokenize("\u00e9")
                .ids,
            (Ids{0}));
  EXPECT_EQ(
      small(small_with("\"lowercase\": true", "\"lowercase\": false")).tokenize("\u00e9 A").ids,
      (Ids{0, 0}));
}

TEST(Tokenizer, AnAddedTokenIsFoundInsideAWord) {
  const TokenizedText got = small().tokenize("a[CLS]b [cls]");
  EXPECT_EQ(got.ids, (Ids{3, 1, 4, 0, 0, 0}));
  EXPECT_EQ(got.offsets, (Offsets{{0, 1}, {1, 6}, {6, 7}, {8, 9}, {9, 12}, {12, 13}}));
}

TEST(Tokenizer, TheLongestAddedTokenAtAPositionWins) {
  const Tokenizer tokenizer =
      small(small_with_added("[CLS]+", "", small_with_added("LS]+a", ""), 13));
  EXPECT_EQ(tokenizer.tokenize("[CLS]+a").ids, (Ids{13, 3}));
}

TEST(Tokenizer, LstripTakesTheSpaceBeforeAnAddedToken) {
  const TokenizedText got = small(small_with_added("<x>", "lstrip")).tokenize("a \t<x> b");
  EXPECT_EQ(got.ids, (Ids{3, 12, 4}));
  EXPECT_EQ(got.offsets, (Offsets{{0, 1}, {1, 6}, {7, 8}}));
}

TEST(Tokenizer, RstripTakesTheSpaceAfterAnAddedToken) {
  const TokenizedText got = small(small_with_added("<x>", "rstrip")).tokenize("a <x> \u3000b");
  EXPECT_EQ(got.ids, (Ids{3, 12, 4}));
  EXPECT_EQ(got.offsets, (Offsets{{0, 1}, {2, 7}, {7, 8}}));
}

TEST(Tokenizer, ASingleWordTokenIsNoPartOfAWord) {
  const Tokenizer tokenizer = small(small_with_added("b", "single_word", kSmallTokenizer, 4));
  const std::string found = small_with_added("zz", "single_word");
  EXPECT_EQ(small(found).tokenize("zz!zz").ids, (Ids{12, 10, 12}));
  EXPECT_EQ(small(found).tokenize("azz zz_ \u00e9zz").ids, (Ids{0, 0, 0, 0}));
  EXPECT_EQ(tokenizer.tokenize("ab b").ids, (Ids{3, 5, 4}));
}

TEST(Tokenizer, ANormalizedTokenIsFoundInTheNormalForm) {
  const Tokenizer tokenizer = small(small_with_added("\u00c9T\u00c9", "normalized"));
  const TokenizedText got = tokenizer.tokenize("a Ete\u0301 \u00e9t\u00e9b");
  EXPECT_EQ(got.ids, (Ids{3, 12, 12, 4}));
  EXPECT_EQ(got.offsets, (Offsets{{0, 1}, {2, 5}, {7, 10}, {10, 11}}));
}

TEST(Tokenizer, TokensAndIdsAreFoundInBothDirections) {
  const Tokenizer tokenizer = small(small_with_added("<x>", ""));
  EXPECT_EQ(tokenizer.vocabulary_size(), 13U);
  EXPECT_EQ(tokenizer.token(7), "abc");
  EXPECT_EQ(tokenizer.token(12), "<x>");
  EXPECT_EQ(tokenizer.token(13), "");
  EXPECT_EQ(tokenizer.token(-1), "");
  EXPECT_EQ(tokenizer.token_id("##bc"), 8);
  EXPECT_EQ(tokenizer.token_id("<x>"), 12);
  EXPECT_EQ(tokenizer.token_id("nothing"), std::nullopt);
}

TEST(Tokenizer, TellsTokensThatContinueAWord) {
  const Tokenizer tokenizer = small(small_with_added("##", ""));
  EXPECT_EQ(tokenizer.continuing_prefix(), "##");
  EXPECT_EQ(tokenizer.unknown_id(), 0);
  EXPECT_TRUE(tokenizer.continues_word(8));    // ##bc
  EXPECT_FALSE(tokenizer.continues_word(7));   // abc
  EXPECT_FALSE(tokenizer.continues_word(12));  // ##, which continues with nothing
  EXPECT_FALSE(tokenizer.continues_word(99));
}

TEST(Tokenizer, AnAddedTokenIsNoPieceOfWords) {
  const Tokenizer tokenizer = small(small_with_added("dd", "single_word"));
  EXPECT_EQ(tokenizer.tokenize("ddx").ids, (Ids{0}));
}

TEST(Tokenizer, IdsMayHaveHoles) {
  const Tokenizer tokenizer = small(small_with("\"d\": 11", "\"d\": 1000"));
  EXPECT_EQ(tokenizer.vocabulary_size(), 1001U);
  EXPECT_EQ(tokenizer.token(11), "");
  EXPECT_EQ(tokenizer.tokenize("d").ids, (Ids{1000}));
}

TEST(Tokenizer, ManyThreadsGetTheSameTokens) {
  const Tokenizer tokenizer = bundled_tokenizer();
  const std::string text =
      "The na\u00efve caf\u00e9 [MASK] \ud55c\uad6d\uc5b4 e\u0301\u302e stra\u00dfe";
  const TokenizedText want = tokenizer.tokenize(text);
  std::vector<std::thread> threads;
  std::vector<int> same(4, 0);
  for (int& count : same)
    threads.emplace_back([&] {
      for (int i = 0; i < 200; ++i) {
        const TokenizedText got = tokenizer.tokenize(text);
        if (got.ids == want.ids && got.offsets == want.offsets) ++count;
      }
    });
  for (std::thread& thread : threads) thread.join();
  for (const int count : same) EXPECT_EQ(count, 200);
}

}  // namespace
}  // namespace filigree::tokenizer
