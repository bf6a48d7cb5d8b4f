#include "serve/tasks/zero_shot.h"

#include <algorithm>
#include <numeric>
#include <stdexcept>

#include "serve/tasks/ascii.h"
#include "serve/tasks/probabilities.h"

namespace filigree::serve {
namespace {

constexpr std::string_view kZeroShotTask = "zero-shot text classification";
constexpr std::size_t kLargestIndex = 2;  // entailment, neutral, contradiction in any order

void check(const ZeroShotOptions& options, const Head& head, const std::string& file) {
  if (options.entailment_index == options.contradiction_index)
    throw std::runtime_error("entailment_index and contradiction_index are both " +
                             std::to_string(options.entailment_index) +
                             ", expected two different logits");
  const std::size_t largest = std::max(options.entailment_index, options.contradiction_index);
  if (largest > kLargestIndex || largest >= head.width)
    throw std::runtime_error(
        file + ": output '" + head.name + "' has " + std::to_string(head.width) +
        " logits, entailment_index is " + std::to_string(options.entailment_index) +
        " and contradiction_index " + std::to_string(options.contradiction_index) +
        ", expected numbers below " + std::to_string(std::min(kLargestIndex + 1, head.width)));
  if (!hypothesis(options.hypothesis_template, "label"))
    throw std::runtime_error("hypothesis_template is '" + options.hypothesis_template +
                             "', expected a text with {} where the label goes");
}

std::vector<std::string> warnings_of(const TaskParts& parts, const ZeroShotOptions& options) {
  if (!parts.config) return {};
  const auto& labels = parts.config->labels;
  for (std::size_t i = 0; i < labels.size(); ++i)
    if (lower_case(labels[i]) == "entailment" && i != options.entailment_index)
      return {parts.config->file + ": id2label calls logit " + std::to_string(i) + " '" +
              labels[i] + "', entailment_index is " + std::to_string(options.entailment_index)};
  return {};
}

}  // namespace

std::optional<std::string> hypothesis(std::string_view pattern, std::string_view label) {
  std::string text;
  bool has_place = false;
  for (std::size_t i = 0; i < pattern.size();) {
    const std::string_view rest = pattern.substr(i);
    if (rest.starts_with("{{") || rest.starts_with("}}")) {
      text.push_back(rest.front());
      i += 2;
    } else if (rest.starts_with("{}") || rest.starts_with("{0}")) {
      text.append(label);
      has_place = true;
      i += rest[1] == '0' ? 3 : 2;
    } else if (rest.front() == '{' || rest.front() == '}') {
      return std::nullopt;
    } else {
      text.push_back(rest.front());
      ++i;
    }
  }
  if (!has_place) return std::nullopt;
  return text;
}

ZeroShot::ZeroShot(const TaskParts& parts, const ZeroShotOptions& options)
    : tokenizer_(parts.tokenizer),
      head_(find_head(*parts.model, HeadRows::kSequence, "logits", kZeroShotTask)),
      options_(options),
      sequence_length_(usable_length(options.sequence_length, *parts.model,
                                     tokenizer_->special_tokens_pair() + 2,
                                     "special tokens, a text and a hypothesis")) {
  check(options_, head_, parts.model->file);
}

std::variant<std::vector<runtime::Sequence>, FieldErrors> ZeroShot::sequences(
    const ZeroShotRequest& request, CutReport& cuts) const {
  const std::size_t special = tokenizer_->special_tokens_pair();
  const std::size_t room = sequence_length_ - special;
  FieldErrors errors;
  std::vector<tokenizer::TokenizedText> hypotheses;
  std::size_t longest = 0;
  for (std::size_t i = 0; i < request.labels.size(); ++i) {
    hypotheses.push_back(
        tokenizer_->tokenize(*hypothesis(request.hypothesis_template, request.labels[i])));
    const std::size_t tokens = hypotheses.back().ids.size();
    longest = std::max(longest, tokens);
    if (tokens >= room)
      errors.push_back({{"labels", i},
                        "the hypothesis has " + std::to_string(tokens) +
                            " tokens, sequence_length " + std::to_string(sequence_length_) +
                            " has room for fewer than " + std::to_string(room),
                        "value_error"});
  }
  if (!errors.empty()) return errors;
  std::vector<runtime::Sequence> result;
  for (std::size_t i = 0; i < request.sequences.texts.size(); ++i) {
    const tokenizer::TokenizedText whole = tokenizer_->tokenize(request.sequences.texts[i]);
    cuts.add(i, whole.ids.size() + longest + special);
    for (const tokenizer::TokenizedText& sentence : hypotheses) {
      tokenizer::TokenizedText text = whole;
      cut(text, room - sentence.ids.size());
      tokenizer::Encoding encoding = tokenizer_->assemble(text, &sentence);
      result.push_back({.ids = std::move(encoding.ids), .type_ids = std::move(encoding.type_ids)});
    }
  }
  return result;
}

RankedText ZeroShot::rank(std::span<const runtime::SequenceOutput> outputs,
                          bool multi_class) const {
  std::vector<float> values;
  for (const runtime::SequenceOutput& output : outputs) {
    const std::vector<float> logits = output_values(output, head_.output, head_.width);
    values.push_back(logits[options_.entailment_index]);
    if (multi_class) values.push_back(logits[options_.contradiction_index]);
  }
  softmax_rows(values, multi_class ? 2 : values.size());
  const std::size_t step = multi_class ? 2 : 1;
  RankedText ranked;
  ranked.labels.resize(outputs.size());
  std::iota(ranked.labels.begin(), ranked.labels.end(), std::size_t{0});
  std::ranges::stable_sort(ranked.labels, [&](std::size_t a, std::size_t b) {
    return values[a * step] > values[b * step];
  });
  for (const std::size_t label : ranked.labels) ranked.scores.push_back(values[label * step]);
  return ranked;
}

ReadyTask ready_task(const TaskParts& parts, const ZeroShotOptions& options) {
  auto pipeline = std::make_shared<const ZeroShot>(parts, options);
  const std::size_t length = pipeline->sequence_length();
  return {.task = zero_shot_task(std::move(pipeline)),
          .sequence_length = length,
          .warnings = warnings_of(parts, options)};
}

}  // namespace filigree::serve
