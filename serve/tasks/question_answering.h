// Extractive question answering with the meaning and the defaults of DeepSparse's pipeline.
//
// The context is cut into windows of tokens that overlap by doc_stride; each window is one
// sequence, question first. Of every window the n_best_size best starts and the n_best_size best
// ends are combined; a pair counts when both lie in the context, the end is not before the start
// and it has at most max_answer_length tokens. The answer is the pair with the largest sum of
// logits over all windows. Equal sums: the earlier window, then the start that comes first and then
// the end that comes first in descending order of logits, where of equal logits the later token
// comes first.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "loader/model.h"
#include "runtime/engine.h"
#include "serve/tasks/task.h"
#include "tokenizer/tokenizer.h"

namespace filigree::serve {

struct QuestionAnsweringOptions {
  std::size_t sequence_length =
      128;                      // tokens of a window; at most what the model has positions for
  std::size_t doc_stride = 64;  // tokens that consecutive windows share
  std::size_t max_answer_length = 15;
  std::size_t n_best_size = 20;
  bool version_2_with_negative =
      false;  // "no answer" competes: an empty answer with the score of its null span
  std::optional<std::size_t> num_spans;  // use only this many windows
};

struct Question {
  std::string question;
  std::string context;
};

struct Answer {
  float score = 0;  // start logit + end logit
  std::string answer;
  std::size_t start = 0;  // code points of the context
  std::size_t end = 0;    // exclusive
  std::string warning;    // empty: none
};

// The windows of one question, ready for the engine.
struct QuestionWindows {
  struct Window {
    std::size_t tokens = 0;                  // of the whole sequence
    std::size_t context_token = 0;           // index of the first context token in the sequence
    std::vector<tokenizer::Offset> offsets;  // of the context tokens, in the whole context
  };
  std::vector<runtime::Sequence> sequences;  // may be moved away: answer() does not read them
  std::vector<Window> windows;               // one for each sequence
  std::string warning;
};

class QuestionAnswering {
 public:
  // Throws std::runtime_error when the model has no start and end logits, or sequence_length (cut
  // to the model's positions) leaves no room for a question and a context.
  QuestionAnswering(std::shared_ptr<const tokenizer::Tokenizer> tokenizer,
                    const loader::Model& model, const QuestionAnsweringOptions& options);

  // Thread-safe. At least one window, also for an empty question or context. A question so long
  // that it would leave less than half of the window to a context that needs it is cut to that
  // half, with a warning; a doc_stride that does not fit beside the question becomes half of the
  // room for the context, with a warning.
  QuestionWindows windows(const Question& question) const;

  // The best answer; empty, with score 0 and start = end = 0, when no pair of tokens qualifies.
  // `outputs` are the model's for `windows.sequences`. Throws std::runtime_error when they do not
  // have a start and an end logit for every token. Logits that are not finite never win.
  Answer answer(std::string_view context, const QuestionWindows& windows,
                std::span<const runtime::SequenceOutput> outputs) const;

  std::size_t sequence_length() const noexcept { return sequence_length_; }

 private:
  std::shared_ptr<const tokenizer::Tokenizer> tokenizer_;
  QuestionAnsweringOptions options_;
  std::size_t sequence_length_ = 0;
  std::size_t start_output_ = 0;  // index into the model's outputs
  std::size_t end_output_ = 0;
};

// {"question": str, "context": str} -> {"score", "answer", "start", "end"}, and "warning" when
// there is one. Other members are ignored.
Task question_answering_task(std::shared_ptr<const QuestionAnswering> pipeline);
std::variant<Question, std::vector<FieldError>> question_from_json(const Json& request);
Json to_json(const Answer& answer);

// Makes the pipeline and its task.
ReadyTask ready_task(const TaskParts& parts, const QuestionAnsweringOptions& options);

}  // namespace filigree::serve
