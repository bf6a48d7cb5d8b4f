// The WordPiece model: greedy longest match of a word against the vocabulary, and the pre-tokenizer
// that collects words from normalized characters.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory_resource>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tokenizer/byte_trie.h"
#include "tokenizer/normalizer.h"
#include "tokenizer/tokenizer.h"
#include "tokenizer/vocabulary.h"
#include "tokenizer/word_table.h"

namespace filigree::tokenizer {

struct WordPieceOptions {
  std::int32_t unknown_id = 0;
  std::string continuing_subword_prefix = "##";
  std::size_t max_input_chars_per_word = 100;
};

// Immutable and thread-safe.
class WordPiece {
 public:
  // `memory` holds the tables of words and outlives this. `between_pieces` is called between pieces
  // of work (tokenizer/pieces.h); empty: nothing is.
  WordPiece(const Vocabulary& vocabulary, const WordPieceOptions& options,
            std::pmr::memory_resource* memory, const std::function<void()>& between_pieces = {});

  std::int32_t unknown_id() const noexcept { return unknown_id_; }
  std::size_t max_chars() const noexcept { return max_chars_; }
  // Of a text whose words are asked for next (WordTable::prefetch).
  void prefetch(std::string_view text) const noexcept { initial_.prefetch(text); }
  // The token that a whole word is, or WordTable::kNoValue, which says nothing about long words.
  std::int32_t whole(std::string_view word) const noexcept { return initial_.find(word); }

  // How the longest token that `text` starts with is looked for; both find the same.
  enum class Search {
    kTrie,    // byte by byte: the fewest steps
    kTables,  // all lengths at once: does not wait for memory again and again
  };
  ByteTrie::Match longest_initial(std::string_view text, Search search) const noexcept {
    return longest(initial_, ByteTrie::kRoot, text, search);
  }
  // Of a text inside a word.
  ByteTrie::Match longest_continuing(std::string_view text, Search search) const noexcept {
    return longest(continuing_, continuing_node_, text, search);
  }

 private:
  WordPiece(const WordTable::Words& tokens, const WordPieceOptions& options,
            std::pmr::memory_resource* memory, const std::function<void()>& between_pieces);
  ByteTrie::Match longest(const WordTable& table, ByteTrie::Node node, std::string_view text,
                          Search search) const noexcept;

  WordTable initial_;
  WordTable continuing_;  // without the prefix
  ByteTrie trie_;
  ByteTrie::Node continuing_node_;
  std::int32_t unknown_id_;
  std::size_t max_chars_;
};

// Sink of Normalizer::run that appends the tokens of every word to `out`. Call end_word() after the
// last character; words do not reach across that call.
class WordSink {
 public:
  WordSink(const WordPiece& model, TokenizedText& out) : model_(model), out_(out) {}

  // For the words that follow.
  void search(WordPiece::Search search) noexcept { search_ = search; }

  void put(const NormalizedChar& next) {
    if (next.kind == CharClass::kWord) return append(next);
    end_word();
    if (next.kind == CharClass::kSpace) return;
    append(next);
    end_word();
  }

  // See Normalizer::run().
  void put_word(std::string_view ascii, std::uint32_t origin) {
    if (chars_ == 0) first_origin_ = origin;
    last_origin_ = origin + static_cast<std::uint32_t>(ascii.size()) - 1;
    chars_ += ascii.size();
    if (chars_ > model_.max_chars()) return;  // the word is unknown whatever follows
    if (in_step_ && origin != first_origin_ + word_.size()) leave_step();
    word_.append(ascii);
    if (in_step_) return;
    for (std::uint32_t next = origin; origins_.size() < word_.size(); ++next)
      origins_.push_back(next);
  }

  void end_word() {
    if (chars_ != 0) emit();
  }

  // Bytes of words looked at so far: the work besides normalisation.
  std::size_t steps() const noexcept { return steps_; }

 private:
  void append(const NormalizedChar& next) {
    last_origin_ = next.origin;
    if (chars_ == 0) first_origin_ = next.origin;
    if (++chars_ > model_.max_chars()) return;  // the word is unknown whatever follows
    if (in_step_ && (next.c >= 0x80 || next.origin != first_origin_ + word_.size())) leave_step();
    if (next.c < 0x80)
      word_.push_back(static_cast<char>(next.c));
    else
      append_utf8(word_, next.c);
    if (!in_step_) origins_.resize(word_.size(), next.origin);
  }

  // From here on the word is not one byte per code point of the text.
  void leave_step();
  std::uint32_t origin_of(std::size_t byte) const noexcept {
    return in_step_ ? first_origin_ + static_cast<std::uint32_t>(byte) : origins_[byte];
  }
  void emit();
  bool emit_pieces();

  const WordPiece& model_;
  TokenizedText& out_;
  std::string word_;                    // UTF-8
  std::vector<std::uint32_t> origins_;  // of each byte of word_; unused while in_step_
  std::size_t chars_ = 0;
  std::size_t steps_ = 0;
  std::uint32_t first_origin_ = 0;
  std::uint32_t last_origin_ = 0;
  bool in_step_ = true;
  WordPiece::Search search_ = WordPiece::Search::kTrie;
};

}  // namespace filigree::tokenizer
