#include "serve/tasks/question_answering.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <utility>

#include "serve/tasks/best_span.h"
#include "serve/tasks/context_windows.h"
#include "serve/tasks/head.h"
#include "tokenizer/utf8.h"

namespace filigree::serve {
namespace {

std::optional<std::size_t> index_of(const std::vector<std::string>& names, std::string_view name) {
  const auto found = std::find(names.begin(), names.end(), name);
  if (found == names.end()) return std::nullopt;
  return static_cast<std::size_t>(found - names.begin());
}

// Indices of the start and the end logits: by name, else the two outputs that there are, in order.
std::pair<std::size_t, std::size_t> logit_outputs(const loader::Model& model) {
  const auto start = index_of(model.output_names, "start_logits");
  const auto end = index_of(model.output_names, "end_logits");
  if (start && end) return {*start, *end};
  if (model.output_names.size() == 2) return {0, 1};
  throw std::runtime_error(model.file + ": outputs are " + joined(model.output_names) +
                           ", question answering expected 'start_logits' and 'end_logits'");
}

tokenizer::TokenizedText slice(const tokenizer::TokenizedText& text, TokenRange range) {
  const auto begin = static_cast<std::ptrdiff_t>(range.begin);
  const auto end = static_cast<std::ptrdiff_t>(range.end);
  return {.ids = {text.ids.begin() + begin, text.ids.begin() + end},
          .offsets = {text.offsets.begin() + begin, text.offsets.begin() + end}};
}

std::string_view code_points(std::string_view text, std::size_t begin, std::size_t end) {
  const std::size_t from = tokenizer::byte_offset(text, begin);
  return text.substr(from, tokenizer::byte_offset(text, end) - from);
}

}  // namespace

QuestionAnswering::QuestionAnswering(std::shared_ptr<const tokenizer::Tokenizer> tokenizer,
                                     const loader::Model& model,
                                     const QuestionAnsweringOptions& options)
    : tokenizer_(std::move(tokenizer)),
      options_(options),
      sequence_length_(options.sequence_length) {
  std::tie(start_output_, end_output_) = logit_outputs(model);
  if (model.encoder) sequence_length_ = std::min(sequence_length_, model.encoder->max_positions);
  const std::size_t special = tokenizer_->special_tokens_pair();
  if (sequence_length_ < special + 2)
    throw std::runtime_error("sequence_length " + std::to_string(options.sequence_length) +
                             " is too small: " + std::to_string(special) +
                             " special tokens, a question and a context need at least " +
                             std::to_string(special + 2));
}

QuestionWindows QuestionAnswering::windows(const Question& question) const {
  tokenizer::TokenizedText asked = tokenizer_->tokenize(question.question);
  const tokenizer::TokenizedText context = tokenizer_->tokenize(question.context);
  const WindowPlan plan =
      plan_windows({.question_tokens = asked.ids.size(),
                    .context_tokens = context.ids.size(),
                    .room = sequence_length_ - tokenizer_->special_tokens_pair(),
                    .doc_stride = options_.doc_stride,
                    .num_spans = options_.num_spans});
  asked.ids.resize(plan.question_tokens);
  asked.offsets.resize(plan.question_tokens);

  QuestionWindows result;
  result.warning = plan.warning;
  for (const TokenRange range : plan.ranges) {
    tokenizer::TokenizedText part = slice(context, range);
    tokenizer::Encoding encoding = tokenizer_->assemble(asked, &part);
    // The template decides where the context stands, and keeps its tokens together.
    const auto first = std::find(encoding.sequence.begin(), encoding.sequence.end(), 1);
    result.windows.push_back(
        {.tokens = encoding.ids.size(),
         .context_token = static_cast<std::size_t>(first - encoding.sequence.begin()),
         .offsets = std::move(part.offsets)});
    result.sequences.push_back(
        {.ids = std::move(encoding.ids), .type_ids = std::move(encoding.type_ids)});
  }
  return result;
}

Answer QuestionAnswering::answer(std::string_view context, const QuestionWindows& windows,
                                 std::span<const runtime::SequenceOutput> outputs) const {
  if (outputs.size() != windows.windows.size())
    throw std::runtime_error("the model answered " + std::to_string(outputs.size()) + " of " +
                             std::to_string(windows.windows.size()) + " sequences");
  std::optional<Answer> best;
  std::optional<float> null_score;  // the smallest of all windows, as in SQuAD 2.0
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    const QuestionWindows::Window& window = windows.windows[i];
    const std::vector<float> starts = output_values(outputs[i], start_output_, window.tokens);
    const std::vector<float> ends = output_values(outputs[i], end_output_, window.tokens);
    const float null = starts[0] + ends[0];
    if (std::isfinite(null) && (!null_score || null < *null_score)) null_score = null;
    const auto span = best_span(starts, ends,
                                {.n_best = options_.n_best_size,
                                 .max_answer_tokens = options_.max_answer_length,
                                 .first_token = window.context_token,
                                 .context_tokens = window.offsets.size()});
    if (!span || (best && span->score <= best->score)) continue;
    const std::size_t start = window.offsets[span->first - window.context_token].begin;
    const std::size_t end = window.offsets[span->last - window.context_token].end;
    best = Answer{.score = span->score, .answer = {}, .start = start, .end = end, .warning = {}};
  }
  if (best) best->answer = code_points(context, best->start, best->end);
  if (options_.version_2_with_negative && null_score && (!best || *null_score > best->score))
    best = Answer{.score = *null_score, .answer = {}, .start = 0, .end = 0, .warning = {}};
  Answer result = best.value_or(Answer{});
  result.warning = windows.warning;
  return result;
}

}  // namespace filigree::serve
