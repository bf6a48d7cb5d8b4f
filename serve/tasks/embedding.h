// Embeddings with the meaning and the defaults of DeepSparse's transformers_embedding_extraction:
// the hidden state of a text after a layer of the encoder, for each token or pooled to one vector.
// Values are not normalised.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "serve/tasks/head.h"
#include "serve/tasks/request_fields.h"
#include "serve/tasks/task.h"
#include "serve/tasks/truncation.h"

namespace filigree::serve {

enum class Extraction {
  kPerToken,    // [tokens][features] one after another; special tokens as well, no padding
  kReduceMean,  // the mean of all tokens but the first special one ([CLS]), wherever it stands
  kReduceMax,   // the largest value of the same tokens
  kClsToken     // the first token
};

// "per_token", "reduce_mean", "reduce_max", "cls_token".
std::optional<Extraction> parse_extraction(std::string_view name) noexcept;

struct EmbeddingOptions {
  std::size_t sequence_length = 128;  // tokens; at most what the model has positions for
  // The layer, -1 the last one (LoadOptions::hidden_layer). nullopt: the model is as its file says,
  // and its first output has to be a value for each token.
  std::optional<std::int64_t> layer = -1;
  Extraction extraction = Extraction::kPerToken;
};

// The vector of one sequence from its hidden state [ids.size()][width], in one order: sums of a
// feature ascend over the tokens in float and are divided by their number. Without a token that
// counts, zeros.
std::vector<float> pooled(Extraction extraction, std::span<const float> hidden, std::size_t width,
                          std::span<const std::int32_t> ids);

class Embedding {
 public:
  // Throws std::runtime_error when the model has no output for each token, or the sequence length
  // leaves no room for a token. The model has been loaded with the layer of the options.
  Embedding(const TaskParts& parts, const EmbeddingOptions& options);

  // Thread-safe.
  runtime::Sequence sequence(const std::string& text, std::size_t number, CutReport& cuts) const;

  // Throws std::runtime_error for outputs of another shape.
  std::vector<float> embedding(const std::vector<std::int32_t>& ids,
                               const runtime::SequenceOutput& output) const;

  std::size_t sequence_length() const noexcept { return sequence_length_; }

 private:
  std::shared_ptr<const tokenizer::Tokenizer> tokenizer_;
  Head head_;
  Extraction extraction_;
  std::size_t sequence_length_ = 0;
};

// {"inputs": str | [str]} -> {"embeddings": [[float, ...], ...]}, one list for each text; and
// "warning" when a text was cut.
Task embedding_task(std::shared_ptr<const Embedding> pipeline);

// Makes the pipeline and its task.
ReadyTask ready_task(const TaskParts& parts, const EmbeddingOptions& options);

}  // namespace filigree::serve
