// WordPiece tokenizer of BERT models, equal to Hugging Face `tokenizers` in ids, type ids and
// offsets. Immutable after construction and thread-safe. Every text tokenises: no text throws.
// Linear time in the text.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <memory_resource>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace filigree::tokenizer {

// Half-open range of Unicode code points of the input text. Special tokens of the template have {0,
// 0}.
struct Offset {
  std::uint32_t begin = 0;
  std::uint32_t end = 0;
  bool operator==(const Offset&) const = default;
};

// Tokens of one text, without the template's special tokens.
struct TokenizedText {
  std::vector<std::int32_t> ids;
  std::vector<Offset> offsets;
};

inline constexpr std::int8_t kSpecialToken = -1;

// Tokens of a text or a pair, with the template's special tokens.
struct Encoding {
  std::vector<std::int32_t> ids;
  std::vector<std::int32_t> type_ids;
  std::vector<Offset> offsets;
  std::vector<std::int8_t> sequence;  // 0: first text, 1: second text, kSpecialToken
};

// What the files of a folder say about its tokenizer: tokenizer.json, or else vocab.txt with
// tokenizer_config.json when there. Equal texts make equal tokenizers.
struct TokenizerText {
  std::optional<std::string> json;
  std::string vocab;  // without `json`
  std::optional<std::string> config;
  bool operator==(const TokenizerText&) const = default;

  // Throws std::runtime_error naming the folder or file.
  static TokenizerText of_folder(const std::filesystem::path& folder);
};

class Tokenizer {
 public:
  // Reads `folder`/tokenizer.json (its truncation and padding settings are ignored), or else
  // vocab.txt with tokenizer_config.json when there (do_lower_case, strip_accents,
  // tokenize_chinese_chars; else uncased BERT). Throws std::runtime_error naming file, line or JSON
  // key, found and expected.
  static Tokenizer from_folder(const std::filesystem::path& folder);
  // The same of texts that were read; `folder` is for messages. `memory`, which outlives the
  // tokenizer, holds the tables of words that every text looks at all over: huge pages halve the
  // time of a short text after a pass of a model. `between_pieces` is called after every hundred
  // tokens or so, may take its time and must not throw; empty: nothing is.
  static Tokenizer from_text(const TokenizerText& text, const std::filesystem::path& folder,
                             std::pmr::memory_resource* memory = std::pmr::get_default_resource(),
                             const std::function<void()>& between_pieces = {});
  static Tokenizer from_json(std::string_view json, const std::string& file_name);
  static Tokenizer from_vocab(std::string_view vocab,
                              const std::string& file_name);  // uncased BERT

  Tokenizer(Tokenizer&&) noexcept;
  Tokenizer& operator=(Tokenizer&&) noexcept;
  ~Tokenizer();

  // `text` is UTF-8; each maximal invalid subpart counts as one U+FFFD (Unicode 15, section 3.9).
  TokenizedText tokenize(std::string_view text) const;

  // Applies the template to already tokenised texts: single (second == nullptr) or pair.
  Encoding assemble(const TokenizedText& first, const TokenizedText* second) const;
  Encoding encode(std::string_view text) const;
  Encoding encode(std::string_view text, std::string_view pair) const;

  // Special tokens that the template adds to a single text / to a pair.
  std::size_t special_tokens_single() const noexcept;
  std::size_t special_tokens_pair() const noexcept;

  // One more than the largest id, added tokens included. Ids may have holes.
  std::size_t vocabulary_size() const noexcept;
  // The token's text, or "" for an id that no token has.
  std::string_view token(std::int32_t id) const noexcept;
  std::optional<std::int32_t> token_id(std::string_view token) const noexcept;
  // The token that stands for words that the vocabulary cannot spell.
  std::int32_t unknown_id() const noexcept;
  // "##", which starts the tokens that continue a word.
  std::string_view continuing_prefix() const noexcept;
  bool continues_word(std::int32_t id) const noexcept;

 private:
  struct Impl;
  explicit Tokenizer(std::unique_ptr<const Impl> impl);
  std::unique_ptr<const Impl> impl_;
};

}  // namespace filigree::tokenizer
