// vocab.txt with and without tokenizer_config.json.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include "tests/tokenizer/expect_error.h"
#include "tests/tokenizer/golden_file.h"
#include "tests/tokenizer/small_tokenizer.h"
#include "tokenizer/pieces.h"
#include "tokenizer/tokenizer.h"

namespace filigree::tokenizer {
namespace {

using Ids = std::vector<std::int32_t>;

const std::string kVocab = "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\na\n##b\n\u00e9\ne\nA\n\u4e2d\n";

// A folder of one test, removed with it.
class Folder {
 public:
  Folder() : path_(std::filesystem::temp_directory_path() / unique_name()) {
    std::filesystem::create_directory(path_);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  ~Folder() { std::filesystem::remove_all(path_); }

  const Folder& with(const char* name, const std::string& content) const {
    std::ofstream(path_ / name, std::ios::binary) << content;
    return *this;
  }
  Tokenizer load() const { return Tokenizer::from_folder(path_); }
  std::string file(const char* name) const { return (path_ / name).string(); }
  std::string name() const { return path_.string(); }

 private:
  static std::string unique_name() {
    const auto* info = testing::UnitTest::GetInstance()->current_test_info();
    return std::string("filigree_") + info->test_suite_name() + "_" + info->name();
  }
  std::filesystem::path path_;
};

TEST(VocabText, TheIdOfATokenIsTheIndexOfItsLine) {
  const Tokenizer tokenizer = Tokenizer::from_vocab(kVocab, "vocab.txt");
  EXPECT_EQ(tokenizer.token(5), "a");
  EXPECT_EQ(tokenizer.encode("ab", "\u00e9").ids, (Ids{2, 5, 6, 3, 8, 3}));
  EXPECT_EQ(tokenizer.encode("ab", "\u00e9").type_ids, (Ids{0, 0, 0, 0, 1, 1}));
}

TEST(VocabText, SpaceAtTheEndOfLinesAndEmptyLinesAreNoTokens) {
  const Tokenizer tokenizer =
      Tokenizer::from_vocab("[UNK]\r\n[CLS] \t\r\n\n\u3000\n[SEP]\u00a0\na", "vocab.txt");
  EXPECT_EQ(tokenizer.token_id("[SEP]"), 4);
  EXPECT_EQ(tokenizer.encode("a").ids, (Ids{1, 5, 4}));
  EXPECT_EQ(tokenizer.vocabulary_size(), 6U);
}

TEST(VocabText, TheFiveSpecialTokensAreFoundInTexts) {
  const Tokenizer tokenizer = Tokenizer::from_vocab(kVocab, "vocab.txt");
  EXPECT_EQ(tokenizer.tokenize("a[MASK]a[PAD][mask]").ids, (Ids{5, 4, 5, 0, 1, 1, 1}));
}

TEST(VocabText, ATokenTwiceIsNamedWithBothLines) {
  expect_error(R"(vocab.txt: line 12: found token "a" of line 6 again, expected each token once)",
               [] { Tokenizer::from_vocab(kVocab + "a\n", "vocab.txt"); });
}

TEST(VocabText, MissingSpecialTokensAreNamed) {
  expect_error(R"(vocab.txt: found no line "[UNK]", expected one as the unknown token)",
               [] { Tokenizer::from_vocab("", "vocab.txt"); });
  expect_error(R"(vocab.txt: found no line "[CLS]", expected one as the classification token)",
               [] { Tokenizer::from_vocab("[UNK]\n[SEP]\n", "vocab.txt"); });
  expect_error(R"(vocab.txt: found no line "[SEP]", expected one as the separator token)",
               [] { Tokenizer::from_vocab("[UNK]\n[CLS]\n", "vocab.txt"); });
}

TEST(VocabText, InvalidUtf8IsTheReplacementCharacter) {
  const Tokenizer tokenizer = Tokenizer::from_vocab(kVocab + "x\xE1\x80y\n", "vocab.txt");
  EXPECT_EQ(tokenizer.token(11), "x\uFFFDy");
}

TEST(VocabText, TheConfigDecidesOnCaseAccentsAndChinese) {
  const Folder folder;
  folder.with("vocab.txt", kVocab);
  EXPECT_EQ(folder.load().tokenize("A \u00e9 a\u4e2d").ids, (Ids{5, 8, 5, 10}));
  folder.with("tokenizer_config.json", R"({"do_lower_case": false})");
  EXPECT_EQ(folder.load().tokenize("A \u00e9").ids, (Ids{9, 7}));
  folder.with("tokenizer_config.json", R"({"strip_accents": false})");
  EXPECT_EQ(folder.load().tokenize("A \u00e9").ids, (Ids{5, 7}));
  folder.with("tokenizer_config.json",
              R"({"strip_accents": null, "tokenize_chinese_chars": false})");
  EXPECT_EQ(folder.load().tokenize("\u00e9 a\u4e2d").ids, (Ids{8, 1}));
}

TEST(VocabText, TheConfigNamesSpecialTokens) {
  const Folder folder;
  folder.with("vocab.txt", "<s>\n</s>\n<unk>\na\n")
      .with(
          "tokenizer_config.json",
          R"({"cls_token": "<s>", "sep_token": {"content": "</s>"}, "unk_token": "<unk>", "other": []})");
  EXPECT_EQ(folder.load().encode("a<s>z").ids, (Ids{0, 3, 0, 2, 1}));
}

TEST(VocabText, WrongTypesInTheConfigAreNamed) {
  const Folder folder;
  folder.with("vocab.txt", kVocab);
  const auto expect_config_error = [&](const std::string& config, const std::string& message) {
    folder.with("tokenizer_config.json", config);
    expect_error(folder.file("tokenizer_config.json") + ": " + message, [&] { folder.load(); });
  };
  expect_config_error(R"({"do_lower_case": 0})", "do_lower_case: found 0, expected true or false");
  expect_config_error("[]", "found an array of 0, expected an object");
  expect_config_error(R"({"unk_token": 5})",
                      "unk_token: found 5, expected a string or an object with content");
  expect_config_error(R"({"do_basic_tokenize": false})",
                      "do_basic_tokenize: found false, expected true");
  expect_config_error(R"({"never_split": ["a"]})",
                      "never_split: found an array of 1, expected null or an empty array");
  expect_config_error(
      "", "offset 0: found no valid JSON (The document is empty.), expected one JSON object");
}

TEST(VocabText, TokenizerJsonComesBeforeVocabText) {
  const Folder folder;
  folder.with("vocab.txt", "x").with("tokenizer.json", kSmallTokenizer);
  EXPECT_EQ(folder.load().token(7), "abc");
}

TEST(VocabText, AFolderWithoutTokenizerIsNamed) {
  const Folder folder;
  expect_error(folder.name() + ": found neither tokenizer.json nor vocab.txt, expected one of them",
               [&] { folder.load(); });
}

TEST(VocabText, TheBundledVocabTextGivesTheTokensOfTheBundledJson) {
  const Tokenizer json = bundled_tokenizer();
  const Folder folder;
  const auto bundled = source_path("third_party/models/minilm6-squad-pruned80-int8");
  for (const char* name : {"vocab.txt", "tokenizer_config.json"})
    folder.with(name, file_bytes(bundled / name));
  const Tokenizer text = folder.load();
  const std::string sample = "The [MASK] na\u00efve \u4e2d\u6587 e\u0301\u302e, \u0130stanbul!";
  EXPECT_EQ(text.encode(sample, sample).ids, json.encode(sample, sample).ids);
  EXPECT_EQ(text.encode(sample).offsets, json.encode(sample).offsets);
}

// Reading and the trie go over all tokens.
constexpr std::size_t kPassesOverTokens = 2;

TEST(FromText, CallsWhatItIsGivenBetweenPieces) {
  std::string vocab = kVocab;
  for (int i = 0; i < 2000; ++i) vocab += "word" + std::to_string(i) + "\n";
  std::size_t calls = 0;
  const auto between = [&] { ++calls; };
  const Folder folder;
  folder.with("vocab.txt", vocab);
  const auto in_pieces = [&] {
    return Tokenizer::from_text(TokenizerText::of_folder(folder.name()), folder.name(),
                                std::pmr::get_default_resource(), between);
  };
  EXPECT_EQ(in_pieces().encode("aword7").ids, folder.load().encode("aword7").ids);
  EXPECT_GE(std::exchange(calls, 0), kPassesOverTokens * 2000 / Pieces::kSteps - kPassesOverTokens);
  std::string json = R"("word0": 1000)";
  for (int i = 1; i < 2000; ++i)
    json += ", \"word" + std::to_string(i) + "\": " + std::to_string(1000 + i);
  folder.with("tokenizer.json", small_with("\"d\": 11", "\"d\": 11, " + json));
  EXPECT_EQ(in_pieces().encode("word7").ids, folder.load().encode("word7").ids);
  EXPECT_GE(calls, kPassesOverTokens * 2000 / Pieces::kSteps - kPassesOverTokens);
}

}  // namespace
}  // namespace filigree::tokenizer
