// Reads vocab.txt and tokenizer_config.json.
#include <algorithm>
#include <fstream>
#include <iterator>
#include <optional>
#include <stdexcept>
#include <utility>

#include "tokenizer/json_node.h"
#include "tokenizer/pieces.h"
#include "tokenizer/tokenizer_parts.h"
#include "tokenizer/unicode_tables.h"
#include "tokenizer/utf8.h"

namespace filigree::tokenizer {
namespace {

struct SpecialTokens {
  std::string unk = "[UNK]";
  std::string sep = "[SEP]";
  std::string pad = "[PAD]";
  std::string cls = "[CLS]";
  std::string mask = "[MASK]";
};

// As Rust's trim_end: without white space at the end.
std::string trimmed(std::string line) {
  while (!line.empty()) {
    std::size_t last = line.size() - 1;
    while (last > 0 && (static_cast<unsigned char>(line[last]) & 0xC0) == 0x80) --last;
    if ((flags_of(decode_utf8(line, last).value) & kSpaceFlag) == 0) break;
    line.resize(last);
  }
  return line;
}

void read_lines(std::string_view vocab, const std::string& file_name, Pieces pieces,
                Vocabulary& vocabulary) {
  const auto fail = [&](std::int32_t id, const std::string& what) {
    throw std::runtime_error(file_name + ": line " + std::to_string(id + 1) + ": " + what);
  };
  std::int32_t id = 0;
  for (std::size_t begin = 0; begin < vocab.size(); ++id) {
    if (id > kMaxTokenId)
      fail(id, "found another token, expected at most " + std::to_string(kMaxTokenId + 1));
    const std::size_t end = std::min(vocab.find('\n', begin), vocab.size());
    std::string token = trimmed(replace_invalid_utf8(vocab.substr(begin, end - begin)));
    begin = end + 1;
    if (token.empty()) continue;  // an id that no text has
    if (const std::optional<std::int32_t> other = vocabulary.id(token))
      fail(id, "found token \"" + token + "\" of line " + std::to_string(*other + 1) +
                   " again, expected each token once");
    vocabulary.add(std::move(token), id);
    pieces.add();
  }
}

bool boolean_or(const JsonNode& node, std::string_view name, bool otherwise) {
  const std::optional<JsonNode> value = node.find(name);
  return value && !value->is_null() ? value->boolean() : otherwise;
}

// A token is given as its text, or as an object with the text as "content".
void read_token(const JsonNode& node, std::string_view name, std::string& token) {
  const std::optional<JsonNode> value = node.find(name);
  if (!value || value->is_null()) return;
  if (!value->is_text() && !value->is_object()) value->fail("a string or an object with content");
  token = value->is_text() ? value->text() : value->member("content").text();
}

void read_config(const JsonNode& node, NormalizerOptions& normalizer, SpecialTokens& tokens) {
  if (!boolean_or(node, "do_basic_tokenize", true)) node.member("do_basic_tokenize").fail("true");
  if (const auto never_split = node.find("never_split"))
    if (!never_split->is_null() && !never_split->elements().empty())
      never_split->fail("null or an empty array");
  normalizer.lowercase = boolean_or(node, "do_lower_case", true);
  normalizer.strip_accents = boolean_or(node, "strip_accents", normalizer.lowercase);
  normalizer.handle_chinese_chars = boolean_or(node, "tokenize_chinese_chars", true);
  read_token(node, "unk_token", tokens.unk);
  read_token(node, "sep_token", tokens.sep);
  read_token(node, "pad_token", tokens.pad);
  read_token(node, "cls_token", tokens.cls);
  read_token(node, "mask_token", tokens.mask);
}

}  // namespace

TokenizerParts read_vocab_text(std::string_view vocab, const std::string& file_name,
                               const std::optional<ConfigText>& config,
                               const std::function<void()>& between_pieces) {
  TokenizerParts parts;
  parts.file_name = file_name;
  parts.between_pieces = between_pieces;
  SpecialTokens tokens;
  if (config)
    read_config(JsonFile(config->text, config->file_name).root(), parts.normalizer, tokens);
  read_lines(vocab, file_name, Pieces(parts.between_pieces), parts.vocabulary);
  const auto required = [&](const std::string& token, const char* role) {
    const std::optional<std::int32_t> id = parts.vocabulary.id(token);
    if (!id)
      throw std::runtime_error(file_name + ": found no line \"" + token +
                               "\", expected one as the " + role + " token");
    return *id;
  };
  parts.model.unknown_id = required(tokens.unk, "unknown");
  const std::int32_t cls = required(tokens.cls, "classification");
  const std::int32_t sep = required(tokens.sep, "separator");
  parts.single = bert_single(cls, sep);
  parts.pair = bert_pair(cls, sep);
  for (const std::string& token : {tokens.unk, tokens.sep, tokens.pad, tokens.cls, tokens.mask})
    if (const std::optional<std::int32_t> id = parts.vocabulary.id(token))
      parts.added_tokens.push_back({.content = token, .id = *id});
  return parts;
}

std::string read_file(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) throw std::runtime_error(path.string() + ": cannot be opened, expected a readable file");
  std::string bytes{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  if (in.bad()) throw std::runtime_error(path.string() + ": cannot be read to its end");
  return bytes;
}

}  // namespace filigree::tokenizer
