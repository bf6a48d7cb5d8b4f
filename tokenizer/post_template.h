// The template that puts special tokens around texts.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "tokenizer/tokenizer.h"

namespace filigree::tokenizer {

struct TemplatePiece {
  enum class Kind : std::uint8_t { kFirst, kSecond, kSpecial };
  Kind kind;
  std::int32_t type_id;
  std::vector<std::int32_t> ids;  // of kSpecial only
};
using PostTemplate = std::vector<TemplatePiece>;

// Special tokens that the template adds.
std::size_t special_tokens(const PostTemplate& post_template) noexcept;

// Precondition: `second` is not null when the template has a piece kSecond.
Encoding apply(const PostTemplate& post_template, const TokenizedText& first,
               const TokenizedText* second);

// Both templates of BERT: [CLS] first [SEP] and [CLS] first [SEP] second [SEP], type id 1 after the
// first [SEP].
PostTemplate bert_single(std::int32_t cls, std::int32_t sep);
PostTemplate bert_pair(std::int32_t cls, std::int32_t sep);

}  // namespace filigree::tokenizer
