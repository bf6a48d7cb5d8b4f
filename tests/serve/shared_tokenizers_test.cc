#include "serve/http/shared_tokenizers.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>

namespace filigree::serve {
namespace {

namespace fs = std::filesystem;

constexpr const char* kVocab = "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\none\ntwo\n";

class SharedTokenizersTest : public testing::Test {
 protected:
  SharedTokenizersTest() {
    const auto* info = testing::UnitTest::GetInstance()->current_test_info();
    base_ = fs::path(testing::TempDir()) / (std::string("shared_tokenizers_") + info->name());
    fs::remove_all(base_);
  }
  ~SharedTokenizersTest() override { fs::remove_all(base_); }

  fs::path folder(const std::string& name, const std::string& vocab,
                  const std::string& config = {}) {
    const fs::path path = base_ / name;
    fs::create_directories(path);
    std::ofstream(path / "vocab.txt") << vocab;
    if (!config.empty()) std::ofstream(path / "tokenizer_config.json") << config;
    return path;
  }

  SharedTokenizers tokenizers_;
  fs::path base_;
};

TEST_F(SharedTokenizersTest, EqualFilesGiveOneTokenizer) {
  const auto first = tokenizers_.load(folder("a", kVocab));
  EXPECT_EQ(tokenizers_.load(folder("b", kVocab)), first);
  EXPECT_EQ(first->tokenize("One two").ids, (std::vector<std::int32_t>{5, 6}));
}

TEST_F(SharedTokenizersTest, ADifferenceInAnyFileGivesAnother) {
  const auto first = tokenizers_.load(folder("a", kVocab));
  const auto more = tokenizers_.load(folder("b", std::string(kVocab) + "three\n"));
  const auto cased = tokenizers_.load(folder("c", kVocab, R"({"do_lower_case": false})"));
  EXPECT_NE(first, more);
  EXPECT_NE(first, cased);
  EXPECT_EQ(more->vocabulary_size(), first->vocabulary_size() + 1);
  EXPECT_EQ(cased->tokenize("One").ids, std::vector<std::int32_t>{1});
}

TEST_F(SharedTokenizersTest, ATokenizerGoesWithTheLastThatHoldsIt) {
  auto first = tokenizers_.load(folder("a", kVocab));
  const std::weak_ptr<const tokenizer::Tokenizer> watched = first;
  first.reset();
  EXPECT_TRUE(watched.expired());
  EXPECT_NE(tokenizers_.load(folder("a", kVocab)), nullptr);
}

TEST_F(SharedTokenizersTest, AFolderThatChangesGivesAnother) {
  const auto first = tokenizers_.load(folder("a", kVocab));
  const auto second = tokenizers_.load(folder("a", std::string(kVocab) + "three\n"));
  EXPECT_EQ(second->vocabulary_size(), first->vocabulary_size() + 1);
}

TEST_F(SharedTokenizersTest, WhatCannotBeReadIsToldEachTime) {
  for (int i = 0; i < 2; ++i)
    EXPECT_THROW(tokenizers_.load(folder("a", "one\ntwo\n")), std::runtime_error);
  EXPECT_THROW(tokenizers_.load(base_ / "none"), std::runtime_error);
}

}  // namespace
}  // namespace filigree::serve
