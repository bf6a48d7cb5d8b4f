#include "tools/compress/calibration_text.h"

#include <algorithm>
#include <sstream>
#include <string_view>
#include <utility>

#include "tools/cli/errors.h"
#include "tools/cli/json.h"
#include "tools/cli/json_lines.h"
#include "tools/evaluation/squad_dataset.h"

namespace filigree::tools {
namespace {

struct Text {
  std::string first;
  std::string second;  // "" for a single text
};

std::vector<Text> text_lines(const std::string& content, const std::string& file) {
  std::istringstream in(content);
  std::vector<Text> texts;
  for (NumberedLine line; next_line(in, line);) {
    const std::string where = file + ":" + std::to_string(line.number);
    texts.push_back({string_member(json_of(line.text, where), "text", where), ""});
  }
  return texts;
}

// The first line tells which of the three it is.
bool has_texts(const std::string& content, const std::string& file) {
  std::istringstream in(content);
  NumberedLine line;
  if (!next_line(in, line)) throw InputError(file + ": is empty, expected calibration text");
  const auto parsed = serve::parse_json(line.text);
  const Json* value = std::get_if<Json>(&parsed);
  return value != nullptr && value->is_object() && value->find("text") != nullptr;
}

std::vector<Text> texts_of(const std::string& content, const std::string& file) {
  if (has_texts(content, file)) return text_lines(content, file);
  std::vector<Text> texts;
  for (SquadQuestion& question : parse_squad(content, file))
    texts.push_back({std::move(question.question), *question.context});
  return texts;
}

// With the context cut, so that the closing special tokens stay.
tokenizer::Encoding encoded(const tokenizer::Tokenizer& tokenizer, const Text& text,
                            std::size_t tokens) {
  tokenizer::TokenizedText first = tokenizer.tokenize(text.first);
  const auto cut = [](tokenizer::TokenizedText& t, std::size_t most) {
    t.ids.resize(std::min(t.ids.size(), most));
    t.offsets.resize(t.ids.size());
  };
  const auto room = [&](std::size_t special) { return tokens > special ? tokens - special : 0; };
  if (text.second.empty()) {
    cut(first, room(tokenizer.special_tokens_single()));
    return tokenizer.assemble(first, nullptr);
  }
  tokenizer::TokenizedText second = tokenizer.tokenize(text.second);
  const std::size_t both = room(tokenizer.special_tokens_pair());
  cut(first, both / 2);
  cut(second, both - first.ids.size());
  return tokenizer.assemble(first, &second);
}

std::size_t token_types(const loader::Encoder& encoder) {
  for (const loader::Embeddings::Table& table : encoder.embeddings.tables)
    if (table.input == loader::EmbeddingInput::kTokenType) return table.view.rows;
  return 0;
}

void check_ids(const runtime::Sequence& sequence, const loader::Encoder& encoder,
               const std::string& file) {
  for (const std::int32_t id : sequence.ids)
    if (id < 0 || static_cast<std::size_t>(id) >= encoder.vocabulary)
      throw InputError(file + ": token " + std::to_string(id) +
                       " of the tokenizer, but the model has " +
                       std::to_string(encoder.vocabulary) + " tokens");
}

}  // namespace

std::vector<runtime::Sequence> calibration_sequences(const std::string& content,
                                                     const std::string& file,
                                                     const tokenizer::Tokenizer& tokenizer,
                                                     const loader::Encoder& encoder,
                                                     const CalibrationOptions& options) {
  const std::vector<Text> texts = texts_of(content, file);
  const std::size_t tokens =
      encoder.max_positions == 0 ? options.tokens : std::min(options.tokens, encoder.max_positions);
  const std::size_t count = std::min(options.samples, texts.size());
  const std::size_t types = token_types(encoder);
  std::vector<runtime::Sequence> sequences;
  for (std::size_t i = 0; i < count; ++i) {
    tokenizer::Encoding encoding = encoded(tokenizer, texts[i * texts.size() / count], tokens);
    for (std::int32_t& type : encoding.type_ids)
      if (static_cast<std::size_t>(type) >= types) type = 0;
    sequences.push_back({std::move(encoding.ids), std::move(encoding.type_ids)});
    check_ids(sequences.back(), encoder, file);
  }
  return sequences;
}

}  // namespace filigree::tools
