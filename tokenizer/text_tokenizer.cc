#include "tokenizer/text_tokenizer.h"

#include <map>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "tokenizer/utf8.h"

namespace filigree::tokenizer {
namespace {

// Sink that keeps the normal form, to look for added tokens in it.
struct NormalForm {
  std::string text;
  std::vector<NormalizedChar> chars;
  std::vector<std::size_t> char_of_byte;

  void put(const NormalizedChar& next) {
    append_utf8(text, next.c);
    char_of_byte.resize(text.size(), chars.size());
    chars.push_back(next);
  }
};

void push_token(TokenizedText& out, std::int32_t id, Offset offset) {
  out.ids.push_back(id);
  out.offsets.push_back(offset);
}

std::string normal_form(const Normalizer& normalizer, std::string_view text) {
  NormalForm form;
  normalizer.run(text, 0, form);
  return form.text;
}

}  // namespace

TextTokenizer::TextTokenizer(const TokenizerParts& parts)
    : normalizer_(parts.normalizer),
      model_(parts.vocabulary, parts.model, parts.memory, parts.between_pieces),
      raw_(matcher(parts, false)),
      normalized_(matcher(parts, true)) {}

AddedTokenMatcher TextTokenizer::matcher(const TokenizerParts& parts, bool normalized) const {
  std::vector<AddedToken> tokens;
  std::vector<std::string> contents;
  std::map<std::string, std::string> content_of;
  for (const AddedToken& token : parts.added_tokens) {
    if (token.normalized != normalized) continue;
    std::string content = normalized ? normal_form(normalizer_, token.content) : token.content;
    const std::string where = parts.file_name + ": added token \"" + token.content + "\": found ";
    if (content.empty())
      throw std::runtime_error(where + "nothing left of it by normalization, expected some text");
    const auto [other, added] = content_of.emplace(content, token.content);
    if (!added)
      throw std::runtime_error(where + "the normal form of \"" + other->second +
                               "\", expected a different one");
    tokens.push_back(token);
    contents.push_back(std::move(content));
  }
  return {std::move(tokens), contents};
}

TextTokenizer::Result TextTokenizer::tokenize(std::string_view text) const {
  Result result;
  if (first_invalid_utf8(text))
    tokenize_valid(replace_invalid_utf8(text), result);
  else
    tokenize_valid(text, result);
  return result;
}

void TextTokenizer::tokenize_valid(std::string_view text, Result& result) const {
  WordSink words(model_, result.tokens);
  const std::vector<AddedSplit> splits = raw_.split(text);
  std::vector<std::uint32_t> origins;  // of each byte, where there are added tokens
  if (splits.size() > 1 || (splits.size() == 1 && splits.front().token != nullptr)) {
    std::uint32_t count = 0;
    for (const char byte : text)
      origins.push_back((static_cast<unsigned char>(byte) & 0xC0) == 0x80 ? count - 1 : count++);
  }
  for (const AddedSplit& split : splits) {
    if (split.token != nullptr)
      push_token(result.tokens, split.token->id,
                 {origins[split.begin], origins[split.end - 1] + 1});
    else
      tokenize_piece(text.substr(split.begin, split.end - split.begin),
                     origins.empty() ? 0 : origins[split.begin], words, result.tokens);
  }
  result.steps = words.steps();
}

void TextTokenizer::tokenize_piece(std::string_view piece, std::uint32_t origin, WordSink& words,
                                   TokenizedText& out) const {
  if (normalized_.empty()) {
    // A longer text finds its words in the caches after a while anyway.
    constexpr std::size_t kShortPiece = 4096;
    const bool is_short = piece.size() <= kShortPiece;
    if (is_short) {
      model_.prefetch(piece);
      const std::size_t tokens = out.ids.size() + piece.size() / 4;  // of English, and some more
      out.ids.reserve(tokens);
      out.offsets.reserve(tokens);
    }
    words.search(is_short ? WordPiece::Search::kTables : WordPiece::Search::kTrie);
    normalizer_.run(piece, origin, words);
    words.end_word();
    return;
  }
  NormalForm form;
  normalizer_.run(piece, origin, form);
  for (const AddedSplit& split : normalized_.split(form.text)) {
    const std::size_t first = form.char_of_byte[split.begin];
    const std::size_t last = form.char_of_byte[split.end - 1];
    if (split.token != nullptr) {
      push_token(out, split.token->id, {form.chars[first].origin, form.chars[last].origin + 1});
      continue;
    }
    for (std::size_t i = first; i <= last; ++i) words.put(form.chars[i]);
    words.end_word();
  }
}

}  // namespace filigree::tokenizer
