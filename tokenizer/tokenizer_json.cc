// Reads tokenizer.json as Hugging Face `tokenizers` writes it, as far as BERT needs.
#include <algorithm>
#include <limits>
#include <optional>
#include <utility>

#include "tokenizer/json_node.h"
#include "tokenizer/pieces.h"
#include "tokenizer/tokenizer_parts.h"

namespace filigree::tokenizer {
namespace {

constexpr std::int64_t kMaxTypeId = std::numeric_limits<std::int32_t>::max();
constexpr std::int64_t kMaxWordChars = std::numeric_limits<std::int32_t>::max();

// The id of a token that is in the vocabulary or added.
std::int32_t token_id(const JsonNode& node, const TokenizerParts& parts) {
  const auto id = static_cast<std::int32_t>(node.integer(0, kMaxTokenId));
  const bool added = std::any_of(parts.added_tokens.begin(), parts.added_tokens.end(),
                                 [id](const AddedToken& token) { return token.id == id; });
  if (!added && !parts.vocabulary.has_id(id)) node.fail("the id of a token");
  return id;
}

void read_vocabulary(const JsonNode& node, Pieces pieces, Vocabulary& vocabulary) {
  node.each_integer(0, kMaxTokenId, [&](std::string name, std::int64_t id) -> std::string {
    pieces.add();
    switch (vocabulary.add(std::move(name), static_cast<std::int32_t>(id))) {
      case Vocabulary::Added::kYes:
        return "";
      case Vocabulary::Added::kTokenExists:
        return "each token once";
      case Vocabulary::Added::kIdExists:
        break;
    }
    return "an id that no other token has";
  });
}

void read_model(const JsonNode& node, TokenizerParts& parts) {
  node.only(
      {"type", "unk_token", "continuing_subword_prefix", "max_input_chars_per_word", "vocab"});
  if (const auto type = node.find("type")) type->text_of({"WordPiece"});
  read_vocabulary(node.member("vocab"), Pieces(parts.between_pieces), parts.vocabulary);
  const JsonNode unknown = node.member("unk_token");
  const std::optional<std::int32_t> id = parts.vocabulary.id(unknown.text());
  if (!id) unknown.fail("a token of model.vocab");
  parts.model = {.unknown_id = *id,
                 .continuing_subword_prefix = node.member("continuing_subword_prefix").text(),
                 .max_input_chars_per_word = static_cast<std::size_t>(
                     node.member("max_input_chars_per_word").integer(0, kMaxWordChars))};
}

NormalizerOptions read_bert_normalizer(const JsonNode& node) {
  node.only({"type", "clean_text", "handle_chinese_chars", "strip_accents", "lowercase"});
  const bool lowercase = node.member("lowercase").boolean();
  const std::optional<JsonNode> strip = node.find("strip_accents");
  return {.clean_text = node.member("clean_text").boolean(),
          .handle_chinese_chars = node.member("handle_chinese_chars").boolean(),
          .strip_accents = strip && !strip->is_null() ? strip->boolean() : lowercase,
          .lowercase = lowercase};
}

NormalizerOptions read_normalizer(const JsonNode& node) {
  const std::string type = node.member("type").text_of({"BertNormalizer", "Sequence"});
  if (type == "BertNormalizer") return read_bert_normalizer(node);
  node.only({"type", "normalizers"});
  const JsonNode list = node.member("normalizers");
  const std::vector<JsonNode> normalizers = list.elements();
  if (normalizers.size() != 1) list.fail("one BertNormalizer");
  normalizers.front().member("type").text_of({"BertNormalizer"});
  return read_bert_normalizer(normalizers.front());
}

AddedToken read_added_token(const JsonNode& node) {
  node.only({"id", "content", "single_word", "lstrip", "rstrip", "normalized", "special"});
  node.member("special").boolean();  // matters to decoding only
  AddedToken token{.content = node.member("content").text(),
                   .id = static_cast<std::int32_t>(node.member("id").integer(0, kMaxTokenId)),
                   .single_word = node.member("single_word").boolean(),
                   .lstrip = node.member("lstrip").boolean(),
                   .rstrip = node.member("rstrip").boolean(),
                   .normalized = node.member("normalized").boolean()};
  if (token.content.empty()) node.member("content").fail("a string that is not empty");
  return token;
}

// Ids are those that `tokenizers` gives, whatever the file says: of the model's vocabulary, else
// counted on from its size. A file that says otherwise would give other ids there than here, so it
// is refused.
std::vector<AddedToken> read_added_tokens(const JsonNode& node, const Vocabulary& model) {
  std::vector<AddedToken> tokens;
  auto next_id = static_cast<std::int32_t>(model.count());
  Vocabulary seen;
  for (const JsonNode& element : node.elements()) {
    AddedToken token = read_added_token(element);
    const std::optional<std::int32_t> model_id = model.id(token.content);
    const std::int32_t id = model_id ? *model_id : next_id++;
    if (token.id != id) element.member("id").fail(std::to_string(id));
    switch (seen.add(token.content, id)) {
      case Vocabulary::Added::kYes:
        break;
      case Vocabulary::Added::kTokenExists:
        element.member("content").fail("each added token once");
      case Vocabulary::Added::kIdExists:
        element.member("id").fail("an id that no other token has");
    }
    if (model.has_id(id) && model.token(id) != token.content)
      element.member("id").fail("an id that no other token has");
    tokens.push_back(std::move(token));
  }
  return tokens;
}

std::vector<std::int32_t> special_ids(const JsonNode& special_tokens, const JsonNode& name,
                                      const TokenizerParts& parts) {
  const std::optional<JsonNode> token = special_tokens.find(name.text());
  if (!token) name.fail("a member of post_processor.special_tokens");
  token->only({"id", "ids", "tokens"});
  const JsonNode ids = token->member("ids");
  if (ids.elements().size() != token->member("tokens").elements().size())
    ids.fail("as many as in tokens");
  std::vector<std::int32_t> result;
  for (const JsonNode& id : ids.elements()) result.push_back(token_id(id, parts));
  return result;
}

PostTemplate read_template(const JsonNode& pieces, const JsonNode& special_tokens,
                           const TokenizerParts& parts) {
  PostTemplate result;
  for (const JsonNode& piece : pieces.elements()) {
    piece.only({"SpecialToken", "Sequence"});
    const std::optional<JsonNode> special = piece.find("SpecialToken");
    const std::optional<JsonNode> sequence = piece.find("Sequence");
    if (special.has_value() == sequence.has_value())
      piece.fail("an object with one member, SpecialToken or Sequence");
    const JsonNode& body = special ? *special : *sequence;
    body.only({"id", "type_id"});
    const auto type_id = static_cast<std::int32_t>(body.member("type_id").integer(0, kMaxTypeId));
    if (special) {
      result.push_back({TemplatePiece::Kind::kSpecial, type_id,
                        special_ids(special_tokens, body.member("id"), parts)});
    } else {
      const bool first = body.member("id").text_of({"A", "B"}) == "A";
      result.push_back(
          {first ? TemplatePiece::Kind::kFirst : TemplatePiece::Kind::kSecond, type_id, {}});
    }
  }
  return result;
}

std::int32_t read_bert_token(const JsonNode& node, const TokenizerParts& parts) {
  const std::vector<JsonNode> pair = node.elements();
  if (pair.size() != 2) node.fail("an array of a token and its id");
  pair[0].text();
  return token_id(pair[1], parts);
}

void read_post_processor(const JsonNode& node, TokenizerParts& parts) {
  if (node.member("type").text_of({"TemplateProcessing", "BertProcessing"}) == "BertProcessing") {
    node.only({"type", "sep", "cls"});
    const std::int32_t sep = read_bert_token(node.member("sep"), parts);
    const std::int32_t cls = read_bert_token(node.member("cls"), parts);
    parts.single = bert_single(cls, sep);
    parts.pair = bert_pair(cls, sep);
    return;
  }
  node.only({"type", "single", "pair", "special_tokens"});
  const JsonNode special_tokens = node.member("special_tokens");
  const JsonNode single = node.member("single");
  parts.single = read_template(single, special_tokens, parts);
  parts.pair = read_template(node.member("pair"), special_tokens, parts);
  for (const TemplatePiece& piece : parts.single)
    if (piece.kind == TemplatePiece::Kind::kSecond) single.fail("sequence B", "sequence A only");
}

}  // namespace

TokenizerParts read_tokenizer_json(std::string_view json, const std::string& file_name,
                                   const std::function<void()>& between_pieces) {
  const JsonFile file(json, file_name);
  const JsonNode root = file.root();
  root.only({"version", "truncation", "padding", "added_tokens", "normalizer", "pre_tokenizer",
             "post_processor", "decoder", "model"});
  TokenizerParts parts;
  parts.file_name = file_name;
  parts.between_pieces = between_pieces;
  root.member("version").text_of({"1.0"});
  read_model(root.member("model"), parts);
  parts.normalizer = read_normalizer(root.member("normalizer"));
  const JsonNode pre_tokenizer = root.member("pre_tokenizer");
  pre_tokenizer.only({"type"});
  pre_tokenizer.member("type").text_of({"BertPreTokenizer"});
  if (const auto added = root.find("added_tokens"))
    parts.added_tokens = read_added_tokens(*added, parts.vocabulary);
  read_post_processor(root.member("post_processor"), parts);
  return parts;
}

}  // namespace filigree::tokenizer
