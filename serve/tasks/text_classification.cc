#include "serve/tasks/text_classification.h"

#include <algorithm>
#include <numeric>
#include <stdexcept>

#include "serve/tasks/labels.h"
#include "serve/tasks/probabilities.h"

namespace filigree::serve {
namespace {

constexpr std::string_view kTextTask = "text classification";

std::size_t labels_in_answer(const TextClassificationOptions& options, std::size_t labels) {
  if (!options.return_all_scores) return options.top_k;
  if (options.top_k != 1 && options.top_k != labels)
    throw std::runtime_error("return_all_scores means the " + std::to_string(labels) +
                             " labels of the model, top_k is " + std::to_string(options.top_k) +
                             ", expected one of the two");
  return labels;
}

}  // namespace

TextClassification::TextClassification(const TaskParts& parts,
                                       const TextClassificationOptions& options)
    : tokenizer_(parts.tokenizer),
      head_(find_head(*parts.model, HeadRows::kSequence, "logits", kTextTask)),
      labels_(labels_of_head(parts, head_, kTextTask)),
      independent_(labels_.size() == 1 || parts.config->multi_label),
      sequence_length_(usable_length(options.sequence_length, *parts.model,
                                     tokenizer_->special_tokens_pair() + 2,
                                     "special tokens and a pair of texts")),
      top_k_(labels_in_answer(options, labels_.size())) {}

runtime::Sequence TextClassification::sequence(const TextOrPair& input, std::size_t number,
                                               CutReport& cuts) const {
  tokenizer::TokenizedText text = tokenizer_->tokenize(input.text);
  tokenizer::Encoding encoding;
  if (input.pair) {
    tokenizer::TokenizedText pair = tokenizer_->tokenize(*input.pair);
    const std::size_t special = tokenizer_->special_tokens_pair();
    cuts.add(number, text.ids.size() + pair.ids.size() + special);
    const PairLengths kept =
        longest_first({text.ids.size(), pair.ids.size()}, sequence_length_ - special);
    cut(text, kept.first);
    cut(pair, kept.second);
    encoding = tokenizer_->assemble(text, &pair);
  } else {
    const std::size_t special = tokenizer_->special_tokens_single();
    cuts.add(number, text.ids.size() + special);
    cut(text, sequence_length_ - special);
    encoding = tokenizer_->assemble(text, nullptr);
  }
  return {.ids = std::move(encoding.ids), .type_ids = std::move(encoding.type_ids)};
}

std::vector<RankedLabel> TextClassification::classify(const runtime::SequenceOutput& output) const {
  std::vector<float> scores = output_values(output, head_.output, labels_.size());
  if (independent_)
    sigmoid(scores);
  else
    softmax_rows(scores, scores.size());
  std::vector<std::size_t> order(scores.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::stable_sort(order,
                           [&](std::size_t a, std::size_t b) { return scores[a] > scores[b]; });
  order.resize(std::min(order.size(), top_k_));
  std::vector<RankedLabel> ranked;
  for (const std::size_t label : order) ranked.push_back({label, scores[label]});
  return ranked;
}

ReadyTask ready_task(const TaskParts& parts, const TextClassificationOptions& options) {
  auto pipeline = std::make_shared<const TextClassification>(parts, options);
  const std::size_t length = pipeline->sequence_length();
  return {.task = text_classification_task(std::move(pipeline)),
          .sequence_length = length,
          .warnings = {}};
}

}  // namespace filigree::serve
