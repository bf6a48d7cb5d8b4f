#include "tokenizer/wordpiece.h"

#include <algorithm>
#include <utility>

namespace filigree::tokenizer {
namespace {

WordTable::Words strings_of(const Vocabulary& vocabulary) {
  WordTable::Words strings;
  strings.reserve(vocabulary.count());
  for (std::size_t id = 0; id < vocabulary.size(); ++id)
    strings.emplace_back(vocabulary.token(static_cast<std::int32_t>(id)),
                         static_cast<std::int32_t>(id));
  return strings;
}

// Those that start with `prefix`, without it.
WordTable::Words after(std::string_view prefix, const WordTable::Words& tokens) {
  WordTable::Words strings;
  for (const auto& [token, id] : tokens)
    if (token.starts_with(prefix)) strings.emplace_back(token.substr(prefix.size()), id);
  return strings;
}

}  // namespace

WordPiece::WordPiece(const Vocabulary& vocabulary, const WordPieceOptions& options,
                     std::pmr::memory_resource* memory, const std::function<void()>& between_pieces)
    : WordPiece(strings_of(vocabulary), options, memory, between_pieces) {}

WordPiece::WordPiece(const WordTable::Words& tokens, const WordPieceOptions& options,
                     std::pmr::memory_resource* memory, const std::function<void()>& between_pieces)
    : initial_(tokens, memory),
      continuing_(after(options.continuing_subword_prefix, tokens), memory),
      trie_(tokens, between_pieces),
      continuing_node_(trie_.descend(options.continuing_subword_prefix)),
      unknown_id_(options.unknown_id),
      max_chars_(options.max_input_chars_per_word) {}

ByteTrie::Match WordPiece::longest(const WordTable& table, ByteTrie::Node node,
                                   std::string_view text, Search search) const noexcept {
  const bool may_be_longer = table.has_longer() && text.size() > WordTable::kMostBytes;
  if (search == Search::kTrie || may_be_longer) return trie_.longest(node, text);
  const WordTable::Match match = table.longest(text);
  return {match.length, match.value, std::min(text.size(), table.most_bytes())};
}

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
  if (const std::int32_t whole = model_.whole(word); whole != WordTable::kNoValue) {
    steps_ += word.size();
    out_.ids.push_back(whole);
    out_.offsets.push_back({origin_of(0), origin_of(word.size() - 1) + 1});
    return true;
  }
  for (std::size_t at = 0; at < word.size();) {
    const ByteTrie::Match match = at == 0 ? model_.longest_initial(word, search_)
                                          : model_.longest_continuing(word.substr(at), search_);
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
