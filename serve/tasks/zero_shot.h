// Zero-shot text classification with the meaning and the defaults of DeepSparse's pipeline for the
// scheme `mnli`: a model that tells whether a text entails a sentence is asked about one sentence,
// the hypothesis, for each label.
//
// A sequence is a text with a hypothesis; only the text is cut. Scores over the labels:
//   single  softmax of the entailment logits of all labels
//   multi   for each label by itself the softmax of (entailment, contradiction), its first value
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "serve/tasks/head.h"
#include "serve/tasks/request_fields.h"
#include "serve/tasks/task.h"
#include "serve/tasks/truncation.h"

namespace filigree::serve {

struct ZeroShotOptions {
  std::size_t sequence_length = 128;  // tokens; at most what the model has positions for
  std::string hypothesis_template = "This text is about {}";
  std::size_t entailment_index = 0;  // logits of the model
  std::size_t contradiction_index = 2;
  bool multi_class = false;                             // several labels may be true
  std::optional<std::vector<std::string>> labels = {};  // instead of those of a request
};

// `pattern` with `label` in place of each "{}" (also "{0}"); "{{" and "}}" are braces. nullopt when
// the label has no place, or a brace stands alone or around anything else.
std::optional<std::string> hypothesis(std::string_view pattern, std::string_view label);

struct ZeroShotRequest {
  Texts sequences;
  std::vector<std::string> labels;
  std::string hypothesis_template;
  bool multi_class = false;
};

struct RankedText {
  std::vector<std::size_t> labels;  // best first, of equal ones the first
  std::vector<float> scores;
};

class ZeroShot {
 public:
  // Throws std::runtime_error when the model has no logits that both indices are within, the
  // indices are equal or above 2, the template has no place for a label, or the sequence length
  // leaves no room for a pair of texts.
  ZeroShot(const TaskParts& parts, const ZeroShotOptions& options);

  // All texts with all labels: labels of the first text, then of the next. Errors instead, when a
  // hypothesis leaves no room for a text. Thread-safe.
  std::variant<std::vector<runtime::Sequence>, FieldErrors> sequences(
      const ZeroShotRequest& request, CutReport& cuts) const;

  // The labels of one text from the outputs of its sequences. Throws std::runtime_error for
  // outputs of another shape, and logits that are not finite.
  RankedText rank(std::span<const runtime::SequenceOutput> outputs, bool multi_class) const;

  const ZeroShotOptions& options() const noexcept { return options_; }
  std::size_t sequence_length() const noexcept { return sequence_length_; }

 private:
  std::shared_ptr<const tokenizer::Tokenizer> tokenizer_;
  Head head_;
  ZeroShotOptions options_;
  std::size_t sequence_length_ = 0;
};

// {"sequences": str | [str], "labels": str | [str], "hypothesis_template": str?, "multi_class":
// bool?} -> {"sequences", "labels", "scores"}, lists of lists when sequences is a list; and
// "warning" when a text was cut. `labels` of one string are separated by commas.
Task zero_shot_task(std::shared_ptr<const ZeroShot> pipeline);
std::variant<ZeroShotRequest, FieldErrors> zero_shot_request(const Json& request,
                                                             const ZeroShotOptions& options);

// Makes the pipeline and its task; warns when config.json calls another logit "entailment".
ReadyTask ready_task(const TaskParts& parts, const ZeroShotOptions& options);

}  // namespace filigree::serve
