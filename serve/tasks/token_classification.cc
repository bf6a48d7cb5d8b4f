#include "serve/tasks/token_classification.h"

#include <algorithm>
#include <utility>

#include "serve/tasks/labels.h"
#include "serve/tasks/probabilities.h"
#include "tokenizer/utf8.h"

namespace filigree::serve {
namespace {

constexpr std::string_view kTokenTask = "token classification";

std::string code_points(std::string_view text, tokenizer::Offset range) {
  const std::size_t from = tokenizer::byte_offset(text, range.begin);
  return std::string(text.substr(from, tokenizer::byte_offset(text, range.end) - from));
}

}  // namespace

TokenClassification::TokenClassification(const TaskParts& parts,
                                         const TokenClassificationOptions& options)
    : tokenizer_(parts.tokenizer),
      head_(find_head(*parts.model, HeadRows::kToken, "logits", kTokenTask)),
      labels_(labels_of_head(parts, head_, kTokenTask)),
      options_(options),
      sequence_length_(usable_length(options.sequence_length, *parts.model,
                                     tokenizer_->special_tokens_single() + 1,
                                     "special tokens and a text")) {}

TokenSequence TokenClassification::sequence(TokenInput input, std::size_t number,
                                            CutReport& cuts) const {
  TokenSequence sequence;
  tokenizer::TokenizedText all;
  for (std::size_t word = 0; word < input.texts.size(); ++word) {
    const tokenizer::TokenizedText text = tokenizer_->tokenize(input.texts[word]);
    all.ids.insert(all.ids.end(), text.ids.begin(), text.ids.end());
    all.offsets.insert(all.offsets.end(), text.offsets.begin(), text.offsets.end());
    sequence.word.insert(sequence.word.end(), text.ids.size(), word);
  }
  const std::size_t special = tokenizer_->special_tokens_single();
  cuts.add(number, all.ids.size() + special);
  cut(all, sequence_length_ - special);
  sequence.encoding = tokenizer_->assemble(all, nullptr);
  sequence.input = std::move(input);
  return sequence;
}

LabelledToken TokenClassification::token(const TokenSequence& sequence, std::size_t position,
                                         std::size_t number) const {
  const std::int32_t id = sequence.encoding.ids[position];
  const tokenizer::Offset offset = sequence.encoding.offsets[position];
  LabelledToken token;
  token.start = offset.begin;
  token.end = offset.end;
  token.index = position;
  const bool continuation = tokenizer_->continues_word(id);
  if (continuation) token.text_skip = tokenizer_->continuing_prefix().size();
  const std::size_t word = sequence.word[number];
  token.text = id == tokenizer_->unknown_id() ? code_points(sequence.input.texts[word], offset)
                                              : std::string(tokenizer_->token(id));
  token.continues =
      number > 0 &&
      (sequence.input.is_split_into_words ? word == sequence.word[number - 1] : continuation);
  return token;
}

std::vector<Entity> TokenClassification::classify(const TokenSequence& sequence,
                                                  const runtime::SequenceOutput& output) const {
  const std::size_t width = labels_.size();
  std::vector<float> values =
      output_values(output, head_.output, sequence.encoding.ids.size() * width);
  softmax_rows(values, width);
  std::vector<LabelledToken> tokens;
  for (std::size_t i = 0; i < sequence.encoding.ids.size(); ++i) {
    if (sequence.encoding.sequence[i] == tokenizer::kSpecialToken) continue;
    tokens.push_back(token(sequence, i, tokens.size()));
    tokens.back().probabilities = std::span<const float>(values).subspan(i * width, width);
  }
  std::vector<Entity> found =
      entities(tokens, labels_, options_.aggregation, options_.ignore_labels);
  if (sequence.input.is_split_into_words && options_.aggregation == Aggregation::kNone)
    std::erase_if(found,
                  [&](const Entity& entity) { return tokens[entity.first_token].continues; });
  return found;
}

ReadyTask ready_task(const TaskParts& parts, const TokenClassificationOptions& options) {
  auto pipeline = std::make_shared<const TokenClassification>(parts, options);
  const std::size_t length = pipeline->sequence_length();
  return {.task = token_classification_task(std::move(pipeline)),
          .sequence_length = length,
          .warnings = {}};
}

}  // namespace filigree::serve
