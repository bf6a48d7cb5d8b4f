#include "tokenizer/post_template.h"

#include <cassert>

namespace filigree::tokenizer {
namespace {

void append(Encoding& encoding, const TemplatePiece& piece, const TokenizedText& text) {
  const std::int8_t sequence = piece.kind == TemplatePiece::Kind::kFirst ? 0 : 1;
  encoding.ids.insert(encoding.ids.end(), text.ids.begin(), text.ids.end());
  encoding.offsets.insert(encoding.offsets.end(), text.offsets.begin(), text.offsets.end());
  encoding.type_ids.resize(encoding.ids.size(), piece.type_id);
  encoding.sequence.resize(encoding.ids.size(), sequence);
}

void append_special(Encoding& encoding, const TemplatePiece& piece) {
  encoding.ids.insert(encoding.ids.end(), piece.ids.begin(), piece.ids.end());
  encoding.offsets.resize(encoding.ids.size());
  encoding.type_ids.resize(encoding.ids.size(), piece.type_id);
  encoding.sequence.resize(encoding.ids.size(), kSpecialToken);
}

TemplatePiece special(std::int32_t id, std::int32_t type_id) {
  return {TemplatePiece::Kind::kSpecial, type_id, {id}};
}

}  // namespace

std::size_t special_tokens(const PostTemplate& post_template) noexcept {
  std::size_t count = 0;
  for (const TemplatePiece& piece : post_template) count += piece.ids.size();
  return count;
}

Encoding apply(const PostTemplate& post_template, const TokenizedText& first,
               const TokenizedText* second) {
  Encoding encoding;
  for (const TemplatePiece& piece : post_template) {
    switch (piece.kind) {
      case TemplatePiece::Kind::kFirst:
        append(encoding, piece, first);
        break;
      case TemplatePiece::Kind::kSecond:
        assert(second != nullptr);
        append(encoding, piece, *second);
        break;
      case TemplatePiece::Kind::kSpecial:
        append_special(encoding, piece);
        break;
    }
  }
  return encoding;
}

PostTemplate bert_single(std::int32_t cls, std::int32_t sep) {
  return {special(cls, 0), {TemplatePiece::Kind::kFirst, 0, {}}, special(sep, 0)};
}

PostTemplate bert_pair(std::int32_t cls, std::int32_t sep) {
  PostTemplate pieces = bert_single(cls, sep);
  pieces.push_back({TemplatePiece::Kind::kSecond, 1, {}});
  pieces.push_back(special(sep, 1));
  return pieces;
}

}  // namespace filigree::tokenizer
