#include "serve/tasks/embedding.h"

#include <algorithm>
#include <cassert>
#include <utility>

namespace filigree::serve {
namespace {

constexpr std::string_view kEmbeddingTask = "embedding extraction";

std::vector<float> row_of(std::span<const float> hidden, std::size_t width, std::size_t token) {
  const auto row = hidden.subspan(token * width, width);
  return {row.begin(), row.end()};
}

void add(std::vector<float>& sum, std::span<const float> row) {
  for (std::size_t i = 0; i < sum.size(); ++i) sum[i] += row[i];
}

void raise(std::vector<float>& largest, std::span<const float> row) {
  for (std::size_t i = 0; i < largest.size(); ++i) largest[i] = std::max(largest[i], row[i]);
}

Json answer_of(const Embedding& pipeline, const std::vector<std::vector<std::int32_t>>& ids,
               std::span<const runtime::SequenceOutput> outputs) {
  Json embeddings = Json::array({});
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    Json::Array values;
    for (const float value : pipeline.embedding(ids.at(i), outputs[i]))
      values.emplace_back(shortest(value));
    embeddings.add(std::move(values));
  }
  return Json::object({{"embeddings", std::move(embeddings)}});
}

}  // namespace

std::optional<Extraction> parse_extraction(std::string_view name) noexcept {
  constexpr std::pair<std::string_view, Extraction> kNames[] = {
      {"per_token", Extraction::kPerToken},
      {"reduce_mean", Extraction::kReduceMean},
      {"reduce_max", Extraction::kReduceMax},
      {"cls_token", Extraction::kClsToken}};
  for (const auto& [known, extraction] : kNames)
    if (known == name) return extraction;
  return std::nullopt;
}

std::vector<float> pooled(Extraction extraction, std::span<const float> hidden, std::size_t width,
                          std::span<const std::int32_t> ids) {
  assert(!ids.empty() && hidden.size() == ids.size() * width);
  if (extraction == Extraction::kPerToken) return {hidden.begin(), hidden.end()};
  if (extraction == Extraction::kClsToken) return row_of(hidden, width, 0);
  std::vector<float> result;
  std::size_t counted = 0;
  for (std::size_t token = 0; token < ids.size(); ++token) {
    if (ids[token] == ids[0]) continue;
    const auto row = hidden.subspan(token * width, width);
    if (counted++ == 0)
      result.assign(row.begin(), row.end());
    else if (extraction == Extraction::kReduceMean)
      add(result, row);
    else
      raise(result, row);
  }
  if (counted == 0) return std::vector<float>(width);
  if (extraction == Extraction::kReduceMean)
    for (float& value : result) value /= static_cast<float>(counted);
  return result;
}

Embedding::Embedding(const TaskParts& parts, const EmbeddingOptions& options)
    : tokenizer_(parts.tokenizer),
      head_(find_head(*parts.model, HeadRows::kToken, parts.model->output_names.at(0),
                      kEmbeddingTask)),
      extraction_(options.extraction),
      sequence_length_(usable_length(options.sequence_length, *parts.model,
                                     tokenizer_->special_tokens_single() + 1,
                                     "special tokens and a text")) {}

runtime::Sequence Embedding::sequence(const std::string& text, std::size_t number,
                                      CutReport& cuts) const {
  const std::size_t special = tokenizer_->special_tokens_single();
  tokenizer::TokenizedText tokens = tokenizer_->tokenize(text);
  cuts.add(number, tokens.ids.size() + special);
  cut(tokens, sequence_length_ - special);
  tokenizer::Encoding encoding = tokenizer_->assemble(tokens, nullptr);
  return {.ids = std::move(encoding.ids), .type_ids = std::move(encoding.type_ids)};
}

std::vector<float> Embedding::embedding(const std::vector<std::int32_t>& ids,
                                        const runtime::SequenceOutput& output) const {
  const std::vector<float> hidden = output_values(output, head_.output, ids.size() * head_.width);
  return pooled(extraction_, hidden, head_.width, ids);
}

Task embedding_task(std::shared_ptr<const Embedding> pipeline) {
  return [pipeline = std::move(pipeline)](const Json& request) -> PreparedOrErrors {
    FieldErrors errors;
    if (!expect_object(request, "'inputs'", errors)) return errors;
    const Json* inputs = required_member(request, "inputs", errors);
    if (inputs == nullptr) return errors;
    const Texts read = read_texts(*inputs, "inputs", errors);
    if (!errors.empty()) return errors;
    PreparedTask task;
    CutReport cuts(pipeline->sequence_length());
    auto ids = std::make_shared<std::vector<std::vector<std::int32_t>>>();
    for (std::size_t i = 0; i < read.texts.size(); ++i) {
      task.sequences.push_back(pipeline->sequence(read.texts[i], i, cuts));
      ids->push_back(task.sequences.back().ids);
    }
    task.finish = [pipeline, ids, warning = cuts.warning(read.texts.size())](
                      std::span<const runtime::SequenceOutput> outputs) {
      Json answer = answer_of(*pipeline, *ids, outputs);
      add_warning(answer, warning);
      return answer;
    };
    return task;
  };
}

ReadyTask ready_task(const TaskParts& parts, const EmbeddingOptions& options) {
  auto pipeline = std::make_shared<const Embedding>(parts, options);
  const std::size_t length = pipeline->sequence_length();
  return {.task = embedding_task(std::move(pipeline)), .sequence_length = length, .warnings = {}};
}

}  // namespace filigree::serve
