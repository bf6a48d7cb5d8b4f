// Added tokens: strings that are found in the text itself, before words are formed.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "tokenizer/byte_trie.h"

namespace filigree::tokenizer {

struct AddedToken {
  std::string content;
  std::int32_t id = 0;
  bool single_word = false;  // not next to a word character
  bool lstrip = false;       // takes the white space before it
  bool rstrip = false;       // takes the white space after it
  bool normalized = false;   // looked for in the normal form of the text
};

// Bytes [begin, end) of a text: an added token, or (token == nullptr) text between them. Never
// empty.
struct AddedSplit {
  std::size_t begin;
  std::size_t end;
  const AddedToken* token;
};

// Immutable and thread-safe. Linear in the text.
class AddedTokenMatcher {
 public:
  // contents[i] is what to look for as tokens[i]: unequal and not empty.
  AddedTokenMatcher(std::vector<AddedToken> tokens, const std::vector<std::string>& contents);

  bool empty() const noexcept { return tokens_.empty(); }

  // Leftmost and there longest matches, with the text between them. Splits may overlap where rstrip
  // took white space that starts the next token, as in `tokenizers`. Precondition: `text` is valid
  // UTF-8.
  std::vector<AddedSplit> split(std::string_view text) const;

 private:
  std::size_t next_candidate(std::string_view text, std::size_t at) const noexcept;

  std::vector<AddedToken> tokens_;
  ByteTrie trie_;  // values index tokens_
  std::array<bool, 256> starts_{};
};

}  // namespace filigree::tokenizer
