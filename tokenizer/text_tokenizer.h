// From text to tokens: added tokens, normalizer, words, WordPiece.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "tokenizer/added_tokens.h"
#include "tokenizer/normalizer.h"
#include "tokenizer/tokenizer.h"
#include "tokenizer/tokenizer_parts.h"
#include "tokenizer/wordpiece.h"

namespace filigree::tokenizer {

// Immutable and thread-safe.
class TextTokenizer {
 public:
  // Throws std::runtime_error when two added tokens are equal once normalized, or one is empty.
  explicit TextTokenizer(const TokenizerParts& parts);

  struct Result {
    TokenizedText tokens;
    std::size_t steps = 0;  // bytes looked at by the model: linear in the text
  };
  // Ill-formed UTF-8 counts as one U+FFFD for each maximal subpart.
  Result tokenize(std::string_view text) const;

 private:
  void tokenize_valid(std::string_view text, Result& result) const;
  void tokenize_piece(std::string_view piece, std::uint32_t origin, WordSink& words,
                      TokenizedText& out) const;
  AddedTokenMatcher matcher(const TokenizerParts& parts, bool normalized) const;

  Normalizer normalizer_;
  WordPiece model_;
  AddedTokenMatcher raw_;         // looked for in the text
  AddedTokenMatcher normalized_;  // looked for in the normal form of what is left
};

}  // namespace filigree::tokenizer
