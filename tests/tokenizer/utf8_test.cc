#include "tokenizer/utf8.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace filigree::tokenizer {
namespace {

std::vector<char32_t> decoded(std::string_view text) {
  std::vector<char32_t> result;
  for (std::size_t at = 0; at < text.size();) {
    const DecodedCodePoint next = decode_utf8(text, at);
    result.push_back(next.value);
    at += next.bytes;
  }
  return result;
}

constexpr char32_t kFffd = kReplacement;

TEST(Utf8, EveryCodePointIsDecodedFromItsEncoding) {
  for (char32_t c = 0; c < 0x110000; ++c) {
    if (c >= 0xD800 && c <= 0xDFFF) continue;
    std::string text;
    append_utf8(text, c);
    const DecodedCodePoint got = decode_utf8(text, 0);
    ASSERT_TRUE(got.valid && got.value == c && got.bytes == text.size())
        << static_cast<std::uint32_t>(c);
  }
}

// The table numbers and byte sequences are those of the Unicode standard 15.0, section 3.9.
TEST(Utf8, Table8NonShortestFormsAreOneReplacementPerByte) {
  EXPECT_EQ(decoded("\xC0\xAF\xE0\x80\xBF\xF0\x81\x82\x41"),
            (std::vector<char32_t>{kFffd, kFffd, kFffd, kFffd, kFffd, kFffd, kFffd, kFffd, U'A'}));
}

TEST(Utf8, Table9SurrogatesAreOneReplacementPerByte) {
  EXPECT_EQ(decoded("\xED\xA0\x80\xED\xBF\xBF\xED\xAF\x41"),
            (std::vector<char32_t>{kFffd, kFffd, kFffd, kFffd, kFffd, kFffd, kFffd, kFffd, U'A'}));
}

TEST(Utf8, Table10OtherIllFormedSequencesAreOneReplacementPerByte) {
  EXPECT_EQ(decoded("\xF4\x91\x92\x93\xFF\x41\x80\xBF\x42"),
            (std::vector<char32_t>{kFffd, kFffd, kFffd, kFffd, kFffd, U'A', kFffd, kFffd, U'B'}));
}

TEST(Utf8, Table11TruncatedSequencesAreOneReplacementEach) {
  EXPECT_EQ(decoded("\xE1\x80\xE2\xF0\x91\x92\xF1\xBF\x41"),
            (std::vector<char32_t>{kFffd, kFffd, kFffd, kFffd, U'A'}));
}

TEST(Utf8, ASequenceCutByTheEndIsOneReplacement) {
  EXPECT_EQ(decoded("a\xF0\x9F\x98"), (std::vector<char32_t>{U'a', kFffd}));
}

TEST(Utf8, EveryByteThatStartsNothingIsInvalid) {
  for (unsigned byte = 0x80; byte < 0x100; ++byte) {
    if (byte >= 0xC2 && byte <= 0xF4) continue;
    const std::string text{static_cast<char>(byte), '\xBF', '\xBF', '\xBF'};
    EXPECT_FALSE(decode_utf8(text, 0).valid) << byte;
    EXPECT_EQ(decode_utf8(text, 0).bytes, 1U) << byte;
  }
}

TEST(Utf8, TheFirstInvalidByteIsFoundAtEveryDistance) {
  for (std::size_t before = 0; before < 40; ++before) {
    const std::string valid = std::string(before, 'a') + "\u00e9";
    EXPECT_EQ(first_invalid_utf8(valid), std::nullopt);
    EXPECT_EQ(first_invalid_utf8(valid + "\xE9" + "bc"), valid.size());
    EXPECT_EQ(first_invalid_utf8(valid + "\xE2\x82"), valid.size());
  }
}

TEST(Utf8, CodePointsAreCountedWithEachInvalidSubpartAsOne) {
  EXPECT_EQ(count_code_points(""), 0U);
  EXPECT_EQ(count_code_points("a\u00e9\u4e2d\U0001F600 0123456789"), 15U);
  EXPECT_EQ(count_code_points("a\xE1\x80\xE2\xF0\x91\x92z"), 5U);
}

TEST(Utf8, TheByteOffsetOfACodePointIsItsBegin) {
  const std::string text = "a\u00e9\xFF\U0001F600z";
  EXPECT_EQ(byte_offset(text, 0), 0U);
  EXPECT_EQ(byte_offset(text, 1), 1U);
  EXPECT_EQ(byte_offset(text, 2), 3U);
  EXPECT_EQ(byte_offset(text, 3), 4U);
  EXPECT_EQ(byte_offset(text, 4), 8U);
  EXPECT_EQ(byte_offset(text, 5), text.size());
  EXPECT_EQ(byte_offset(text, 99), text.size());
}

TEST(Utf8, ReplacingInvalidSubpartsKeepsTheRest) {
  EXPECT_EQ(replace_invalid_utf8("a\xE1\x80z\xC0\u00e9"), "a\uFFFDz\uFFFD\u00e9");
}

}  // namespace
}  // namespace filigree::tokenizer
