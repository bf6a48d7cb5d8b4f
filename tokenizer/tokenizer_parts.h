// Everything that the files of a tokenizer say, checked: what Tokenizer is made of.
#pragma once

#include <filesystem>
#include <functional>
#include <memory_resource>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tokenizer/added_tokens.h"
#include "tokenizer/normalizer.h"
#include "tokenizer/post_template.h"
#include "tokenizer/vocabulary.h"
#include "tokenizer/wordpiece.h"

namespace filigree::tokenizer {

struct TokenizerParts {
  Vocabulary vocabulary;  // of the model, without tokens that exist only as added tokens
  WordPieceOptions model;
  NormalizerOptions normalizer;
  std::vector<AddedToken> added_tokens;
  PostTemplate single;
  PostTemplate pair;
  std::string file_name;                                                 // for messages
  std::pmr::memory_resource* memory = std::pmr::get_default_resource();  // of tables of words
  std::function<void()> between_pieces;  // called between pieces of work (tokenizer/pieces.h)
};

// All three throw std::runtime_error naming file, line or JSON path, found and expected.
TokenizerParts read_tokenizer_json(std::string_view json, const std::string& file_name,
                                   const std::function<void()>& between_pieces = {});

// Plain vocab.txt: one token a line, white space after it ignored, its id is the line's index.
// `config` is the text of tokenizer_config.json; without it the tokenizer is uncased BERT.
struct ConfigText {
  std::string text;
  std::string file_name;
};
TokenizerParts read_vocab_text(std::string_view vocab, const std::string& file_name,
                               const std::optional<ConfigText>& config,
                               const std::function<void()>& between_pieces = {});

std::string read_file(const std::filesystem::path& path);

}  // namespace filigree::tokenizer
