#include "tokenizer/tokenizer.h"

#include <stdexcept>
#include <utility>

#include "tokenizer/text_tokenizer.h"
#include "tokenizer/tokenizer_parts.h"

namespace filigree::tokenizer {

namespace {

constexpr const char* kJson = "tokenizer.json";
constexpr const char* kVocab = "vocab.txt";
constexpr const char* kConfig = "tokenizer_config.json";

}  // namespace

struct Tokenizer::Impl {
  explicit Impl(TokenizerParts&& parts)
      : texts(parts),
        vocabulary(std::move(parts.vocabulary)),
        model(std::move(parts.model)),
        single(std::move(parts.single)),
        pair(std::move(parts.pair)) {
    for (AddedToken& token : parts.added_tokens) vocabulary.add(std::move(token.content), token.id);
  }

  TextTokenizer texts;
  Vocabulary vocabulary;  // with all added tokens
  WordPieceOptions model;
  PostTemplate single;
  PostTemplate pair;
};

Tokenizer::Tokenizer(std::unique_ptr<const Impl> impl) : impl_(std::move(impl)) {}
Tokenizer::Tokenizer(Tokenizer&&) noexcept = default;
Tokenizer& Tokenizer::operator=(Tokenizer&&) noexcept = default;
Tokenizer::~Tokenizer() = default;

TokenizerText TokenizerText::of_folder(const std::filesystem::path& folder) {
  TokenizerText text;
  const std::filesystem::path json = folder / kJson;
  if (std::filesystem::exists(json)) {
    text.json = read_file(json);
    return text;
  }
  const std::filesystem::path vocab = folder / kVocab;
  if (!std::filesystem::exists(vocab))
    throw std::runtime_error(folder.string() +
                             ": found neither tokenizer.json nor vocab.txt, expected one of them");
  text.vocab = read_file(vocab);
  const std::filesystem::path config = folder / kConfig;
  if (std::filesystem::exists(config)) text.config = read_file(config);
  return text;
}

Tokenizer Tokenizer::from_folder(const std::filesystem::path& folder) {
  return from_text(TokenizerText::of_folder(folder), folder);
}

Tokenizer Tokenizer::from_text(const TokenizerText& text, const std::filesystem::path& folder,
                               std::pmr::memory_resource* memory,
                               const std::function<void()>& between_pieces) {
  std::optional<ConfigText> config;
  if (text.config) config = {*text.config, (folder / kConfig).string()};
  TokenizerParts parts =
      text.json ? read_tokenizer_json(*text.json, (folder / kJson).string(), between_pieces)
                : read_vocab_text(text.vocab, (folder / kVocab).string(), config, between_pieces);
  parts.memory = memory;
  return Tokenizer(std::make_unique<const Impl>(std::move(parts)));
}

Tokenizer Tokenizer::from_json(std::string_view json, const std::string& file_name) {
  return Tokenizer(std::make_unique<const Impl>(read_tokenizer_json(json, file_name)));
}

Tokenizer Tokenizer::from_vocab(std::string_view vocab, const std::string& file_name) {
  return Tokenizer(std::make_unique<const Impl>(read_vocab_text(vocab, file_name, std::nullopt)));
}

TokenizedText Tokenizer::tokenize(std::string_view text) const {
  return impl_->texts.tokenize(text).tokens;
}

Encoding Tokenizer::assemble(const TokenizedText& first, const TokenizedText* second) const {
  return apply(second == nullptr ? impl_->single : impl_->pair, first, second);
}

Encoding Tokenizer::encode(std::string_view text) const {
  return assemble(tokenize(text), nullptr);
}

Encoding Tokenizer::encode(std::string_view text, std::string_view pair) const {
  const TokenizedText second = tokenize(pair);
  return assemble(tokenize(text), &second);
}

std::size_t Tokenizer::special_tokens_single() const noexcept {
  return special_tokens(impl_->single);
}

std::size_t Tokenizer::special_tokens_pair() const noexcept { return special_tokens(impl_->pair); }

std::size_t Tokenizer::vocabulary_size() const noexcept { return impl_->vocabulary.size(); }

std::string_view Tokenizer::token(std::int32_t id) const noexcept {
  return impl_->vocabulary.token(id);
}

std::int32_t Tokenizer::unknown_id() const noexcept { return impl_->model.unknown_id; }

std::string_view Tokenizer::continuing_prefix() const noexcept {
  return impl_->model.continuing_subword_prefix;
}

bool Tokenizer::continues_word(std::int32_t id) const noexcept {
  const std::string_view text = token(id);
  return id != unknown_id() && text.size() > continuing_prefix().size() &&
         text.starts_with(continuing_prefix());
}

std::optional<std::int32_t> Tokenizer::token_id(std::string_view token) const noexcept {
  return impl_->vocabulary.id(token);
}

}  // namespace filigree::tokenizer
