#include "tokenizer/wordpiece.h"

#include <utility>

namespace filigree::tokenizer {
namespace {

std::vector<std::pair<std::string_view, std::int32_t>> strings_of(const Vocabulary& vocabulary) {
  std::vector<std::pair<std::string_view, std::int32_t>> strings;
  strings.reserve(vocabulary.count());
  for (std::size_t id = 0; id < vocabulary.size(); ++id)
    strings.emplace_back(vocabulary.token(static_cast<std::int32_t>(id)),
                         static_cast<std::int32_t>(id));
  return strings;
}

}  // namespace

WordPiece::WordPiece(const Vocabulary& vocabulary, const WordPieceOptions& options)
    : WordPiece(strings_of(vocabulary), options) {}

WordPiece::WordPiece(const std::vector<std::pair<std::string_view, std::int32_t>>& tokens,
                     const WordPieceOptions& options)
    : words_(tokens),
      trie_(tokens),
      continuing_(trie_.descend(options.continuing_subword_prefix)),
      unknown_id_(options.unknown_id),
      max_chars_(options.max_input_chars_per_word) {}

void WordSink::leave_step() {
  origins_.clear();
  for (std::size_t byte = 0; byte < word_.size(); ++byte) origins_.push_back(origin_of(byte));
  in_step_ = false;
}

void WordSink::emit() {
  if (chars_ > model_.max_chars() || !emit_pieces()) {
    out_.ids.push_back(model_.unknown_id());
    out_.offsets.push_back({first_origin_, last_origin_ + 1});
  }
  word_.clear();
  origins_.clear();
  chars_ = 0;
  in_step_ = true;
}

// False, with nothing emitted, when some part of the word matches no token.
bool WordSink::emit_pieces() {
  const std::size_t tokens_before = out_.ids.size();
  const std::string_view word = word_;
  for (std::size_t at = 0; at < word.size();) {
    const ByteTrie::Match match =
        at == 0 ? model_.longest_initial(word) : model_.longest_continuing(word.substr(at));
    steps_ += match.steps;
    if (match.length == 0) {
      out_.ids.resize(tokens_before);
      out_.offsets.resize(tokens_before);
      return false;
    }
    out_.ids.push_back(match.value);
    out_.offsets.push_back({origin_of(at), origin_of(at + match.length - 1) + 1});
    at += match.length;
  }
  return true;
}

}  // namespace filigree::tokenizer
