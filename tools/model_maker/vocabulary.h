// WordPiece vocabularies of any size, and the tokenizer files that hold them.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "tools/model_maker/model_spec.h"

namespace filigree::tools {

struct SpecialTokens {
  std::string pad, unknown, first, separator, mask;
};
SpecialTokens special_tokens(Family family);

// Tokens in the order of their ids. For BERT and DistilBERT with 30,522 tokens that of BERT
// uncased, as it is; else the special tokens, ASCII characters, the ASCII words and pieces of that
// vocabulary from the most frequent on, the rest of it, and then "[extra0]", "[extra1]", ...
// Precondition: size >= kLeastVocabulary.
std::vector<std::string> make_vocabulary(Family family, std::size_t size);
inline constexpr std::size_t kLeastVocabulary = 16;

// tokenizer.json, tokenizer_config.json and special_tokens_map.json: lower-casing WordPiece, with
// the template of the family around one text or two.
std::string tokenizer_json(Family family, const std::vector<std::string>& vocabulary);
std::string tokenizer_config_json(const ModelSpec& spec);
std::string special_tokens_json(Family family);

}  // namespace filigree::tools
