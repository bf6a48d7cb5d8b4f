// Token classification (named entities) with the meaning and the defaults of DeepSparse's pipeline:
// each token gets a label of config.json, and tokens may be put together to words and entities
// (entities.h). Scores are softmax probabilities.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "serve/tasks/entities.h"
#include "serve/tasks/head.h"
#include "serve/tasks/request_fields.h"
#include "serve/tasks/task.h"
#include "serve/tasks/truncation.h"

namespace filigree::serve {

struct TokenClassificationOptions {
  std::size_t sequence_length = 128;  // tokens; at most what the model has positions for
  Aggregation aggregation = Aggregation::kNone;
  std::vector<std::string> ignore_labels = {"O"};
};

// One sequence: a text, or a list of words. Of words, offsets count within the word of their token,
// and a word is what the client says.
struct TokenInput {
  std::vector<std::string> texts;
  bool is_split_into_words = false;
};

// What is remembered of a sequence while the engine computes it.
struct TokenSequence {
  TokenInput input;
  tokenizer::Encoding encoding;
  std::vector<std::size_t> word;  // of each token that is not special: index into the texts
};

class TokenClassification {
 public:
  // Throws std::runtime_error when the model has no logits of labels for each token, config.json is
  // missing or has another number of labels, or the sequence length leaves no room for a token.
  TokenClassification(const TaskParts& parts, const TokenClassificationOptions& options);

  // Thread-safe. Texts beyond the sequence length are cut and counted in `cuts`.
  TokenSequence sequence(TokenInput input, std::size_t number, CutReport& cuts) const;

  // Entities in the order of the text. Of words without aggregation only the first token counts.
  // Throws std::runtime_error for outputs of another shape, and logits that are not finite.
  std::vector<Entity> classify(const TokenSequence& sequence,
                               const runtime::SequenceOutput& output) const;

  std::size_t sequence_length() const noexcept { return sequence_length_; }

 private:
  LabelledToken token(const TokenSequence& sequence, std::size_t position,
                      std::size_t number) const;

  std::shared_ptr<const tokenizer::Tokenizer> tokenizer_;
  Head head_;
  std::vector<std::string> labels_;
  TokenClassificationOptions options_;
  std::size_t sequence_length_ = 0;
};

// {"inputs": str | [str], "is_split_into_words": bool = false} -> {"predictions": [[{"entity",
// "score", "word", "start", "end", "index", "is_grouped"}]]}, one list for each text; and "warning"
// when a text was cut. With is_split_into_words the list is the words of one text.
Task token_classification_task(std::shared_ptr<const TokenClassification> pipeline);
std::variant<std::vector<TokenInput>, FieldErrors> tokens_to_classify(const Json& request);

// Makes the pipeline and its task.
ReadyTask ready_task(const TaskParts& parts, const TokenClassificationOptions& options);

}  // namespace filigree::serve
