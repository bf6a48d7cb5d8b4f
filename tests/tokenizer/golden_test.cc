// Equality with Hugging Face `tokenizers`, whose results tests/golden/make_tokenizer_goldens.py
// recorded.
#include <gtest/gtest.h>
#include <rapidjson/document.h>

#include <sstream>

#include "tests/tokenizer/golden_file.h"
#include "tokenizer/normalizer.h"
#include "tokenizer/tokenizer_parts.h"
#include "tokenizer/utf8.h"

namespace filigree::tokenizer {
namespace {

constexpr char32_t kBlock = 256;

bool is_surrogate(char32_t c) { return c >= 0xD800 && c <= 0xDFFF; }

// Invisible and exotic characters as escapes, to be read in a log.
std::string escaped(std::string_view text) {
  std::ostringstream out;
  for (std::size_t at = 0; at < text.size();) {
    const DecodedCodePoint decoded = decode_utf8(text, at);
    at += decoded.bytes;
    if (decoded.value >= 0x20 && decoded.value < 0x7F)
      out << static_cast<char>(decoded.value);
    else
      out << "\\U" << std::hex << static_cast<std::uint32_t>(decoded.value) << ";";
  }
  return out.str();
}

bool equal(const Encoding& got, const Encoding& want) {
  return got.ids == want.ids && got.type_ids == want.type_ids && got.offsets == want.offsets;
}

// Both texts of a block of code points, as in the script.
std::pair<std::string, std::string> code_point_texts(char32_t first) {
  std::pair<std::string, std::string> texts;
  for (char32_t c = first; c < first + kBlock; ++c) {
    if (is_surrogate(c)) continue;
    if (!texts.first.empty()) {
      texts.first += ' ';
      texts.second += ' ';
    }
    texts.first += 'a';
    append_utf8(texts.first, c);
    texts.first += 'b';
    texts.second += "E\u0301";
    append_utf8(texts.second, c);
    texts.second += "\u302Eb";
  }
  return texts;
}

struct NormalText {
  std::string text;
  void put(const NormalizedChar& next) { append_utf8(text, next.c); }
};

TEST(TokenizerGolden, HardTextsGiveTheTokensOfHuggingFace) {
  GoldenReader golden(source_path("tests/golden/tokenizer_texts.bin"));
  std::size_t texts = 0;
  for (std::uint64_t sections = golden.number(); sections > 0; --sections) {
    const std::string name = golden.text();
    const std::string json = golden.text();
    const Tokenizer tokenizer =
        json.empty() ? bundled_tokenizer() : Tokenizer::from_json(json, name);
    for (std::uint64_t left = golden.number(); left > 0; --left, ++texts) {
      const bool pair = golden.number() == 1;
      const std::string first = golden.text();
      const std::string second = pair ? golden.text() : "";
      const Encoding want = golden.encoding();
      const Encoding got = pair ? tokenizer.encode(first, second) : tokenizer.encode(first);
      ASSERT_TRUE(equal(got, want)) << "tokenizer '" << name << "', text '" << escaped(first)
                                    << (pair ? "' and '" + escaped(second) : "") << "'\ngot\n"
                                    << describe(tokenizer, got) << "want\n"
                                    << describe(tokenizer, want);
    }
  }
  EXPECT_TRUE(golden.at_end());
  EXPECT_GE(texts, 20000U);
}

TEST(TokenizerGolden, EveryCodePointIsNormalizedAndSplitAsInHuggingFace) {
  GoldenReader golden(source_path("tests/golden/tokenizer_code_points.bin"));
  for (std::uint64_t variants = golden.number(); variants > 0; --variants) {
    const std::string json = golden.text();
    const Tokenizer tokenizer = Tokenizer::from_json(json, "golden");
    const Normalizer normalizer(read_tokenizer_json(json, "golden").normalizer);
    for (char32_t first = 0; first < 0x110000; first += kBlock) {
      const auto texts = code_point_texts(first);
      std::uint32_t crc = 0;
      for (const std::string* text : {&texts.first, &texts.second}) {
        NormalText normal;
        normalizer.run(*text, 0, normal);
        crc = crc32(golden_bytes(tokenizer.encode(*text)), crc32(normal.text, crc));
      }
      ASSERT_EQ(crc, golden.number()) << "code points from " << std::hex
                                      << static_cast<std::uint32_t>(first) << " with " << json;
    }
  }
  EXPECT_TRUE(golden.at_end());
}

TEST(TokenizerGolden, EveryQuestionAndContextOfXquadGivesTheTokensOfHuggingFace) {
  GoldenReader golden(source_path("tests/golden/tokenizer_xquad.bin"));
  const Tokenizer tokenizer = bundled_tokenizer();
  std::istringstream lines(file_bytes(source_path("tests/data/qa_eval_xquad.jsonl")));
  std::uint64_t left = golden.number();
  for (std::string line; std::getline(lines, line); --left) {
    ASSERT_GT(left, 0U);
    rapidjson::Document row;
    row.Parse(line.data(), line.size());
    const Encoding got = tokenizer.encode(row["question"].GetString(), row["context"].GetString());
    ASSERT_EQ(crc32(golden_bytes(got), 0), golden.number())
        << "question '" << row["question"].GetString() << "'\ngot\n"
        << describe(tokenizer, got);
  }
  EXPECT_EQ(left, 0U);
  EXPECT_TRUE(golden.at_end());
}

}  // namespace
}  // namespace filigree::tokenizer
