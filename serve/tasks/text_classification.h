// Text classification with the meaning and the defaults of DeepSparse's pipeline: texts or pairs of
// texts to the labels of config.json with their probabilities.
//
// A text is one sequence; of a pair that is too long, the longer text gives tokens first. Scores
// are the softmax of the logits, or the sigmoid of each when there is only one label or config.json
// says that several may be true (problem_type multi_label_classification).
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "serve/tasks/head.h"
#include "serve/tasks/request_fields.h"
#include "serve/tasks/task.h"
#include "serve/tasks/truncation.h"

namespace filigree::serve {

struct TextClassificationOptions {
  std::size_t sequence_length = 128;  // tokens; at most what the model has positions for
  std::size_t top_k = 1;              // labels in an answer; more than there are: all
  bool return_all_scores = false;     // top_k is the number of labels
};

struct TextOrPair {
  std::string text;
  std::optional<std::string> pair;
};

struct RankedLabel {
  std::size_t label = 0;
  float score = 0;
};

class TextClassification {
 public:
  // Throws std::runtime_error when the model has no logits of labels, config.json is missing or has
  // another number of labels, the sequence length leaves no room for a text, or return_all_scores
  // contradicts top_k.
  TextClassification(const TaskParts& parts, const TextClassificationOptions& options);

  // Thread-safe.
  runtime::Sequence sequence(const TextOrPair& input, std::size_t number, CutReport& cuts) const;

  // The top_k labels, best first, of equal ones the first. Throws std::runtime_error for outputs of
  // another shape, and logits that are not finite.
  std::vector<RankedLabel> classify(const runtime::SequenceOutput& output) const;

  const std::string& label(std::size_t index) const { return labels_.at(index); }
  std::size_t top_k() const noexcept { return top_k_; }
  std::size_t sequence_length() const noexcept { return sequence_length_; }

 private:
  std::shared_ptr<const tokenizer::Tokenizer> tokenizer_;
  Head head_;
  std::vector<std::string> labels_;
  bool independent_ = false;  // sigmoid
  std::size_t sequence_length_ = 0;
  std::size_t top_k_ = 1;
};

// {"sequences": str | [str | [str] | [str, str]]} -> {"labels": [...], "scores": [...]}, one item
// for each input, a list when top_k is above 1; and "warning" when a text was cut.
Task text_classification_task(std::shared_ptr<const TextClassification> pipeline);
std::variant<std::vector<TextOrPair>, FieldErrors> texts_to_classify(const Json& request);

// Makes the pipeline and its task.
ReadyTask ready_task(const TaskParts& parts, const TextClassificationOptions& options);

}  // namespace filigree::serve
