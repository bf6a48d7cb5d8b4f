#include "tools/compress/layer_walk.h"

#include <cassert>
#include <numeric>
#include <utility>

#include "kernels/packed_weights.h"

namespace filigree::tools {
namespace {

using runtime::Sequence;
using runtime::Stage;

// Tokens that are computed together; more would only take memory.
constexpr std::size_t kBatchTokens = 2048;

std::vector<float> unpacked(const loader::Linear& linear) {
  return kernels::unpack_f32(linear.weights);
}

loader::Linear dense(const loader::Linear& like, std::span<const float> weights) {
  loader::Linear linear;
  linear.name = like.name;
  linear.weights = kernels::pack_f32(kernels::WeightFormat::kDenseF32, weights, like.weights.rows(),
                                     like.weights.cols());
  linear.bias = like.bias;
  return linear;
}

// One stage of all sequences, one after another: [tokens][features].
std::vector<float> traced(const kernels::KernelTable& table, const loader::Encoder& encoder,
                          std::span<const Sequence> sequences, Stage stage, std::size_t threads) {
  std::vector<float> values;
  for (std::size_t first = 0; first < sequences.size();) {
    std::size_t last = first, tokens = 0;
    while (last < sequences.size() && (last == first || tokens < kBatchTokens))
      tokens += sequences[last++].ids.size();
    for (const runtime::Trace& trace :
         runtime::trace_batch(table, encoder, sequences.subspan(first, last - first), threads))
      for (const runtime::StageValues& found : trace)
        if (found.stage == stage)
          values.insert(values.end(), found.values.begin(), found.values.end());
    first = last;
  }
  return values;
}

}  // namespace

LayerWalk::LayerWalk(const kernels::KernelTable& table, const loader::Encoder& encoder,
                     std::span<const Sequence> sequences, std::size_t threads)
    : table_(table), encoder_(encoder), threads_(threads) {
  for (const Sequence& sequence : sequences) lengths_.push_back(sequence.ids.size());
  loader::Encoder embeddings;
  embeddings.hidden_size = encoder.hidden_size;
  embeddings.heads = encoder.heads;
  embeddings.head_size = encoder.head_size;
  embeddings.intermediate_size = encoder.intermediate_size;
  embeddings.max_positions = encoder.max_positions;  // attention needs scratch for so many keys
  embeddings.embeddings = encoder.embeddings;
  hidden_ = traced(table, embeddings, sequences, Stage::kEmbeddings, threads);
  alone_ = std::move(embeddings);
  start_layer();
}

void LayerWalk::start_layer() {
  const loader::EncoderLayer& from = encoder_.layers[layer_];
  assert(!from.integer_attention);
  loader::EncoderLayer layer;
  for (const LinearRole role : kLinearRoles)
    linear_of(layer, role) = dense(linear_of(from, role), unpacked(linear_of(from, role)));
  layer.attention_norm = from.attention_norm;
  layer.output_norm = from.output_norm;
  layer.activation = from.activation;
  layer.score_scale = from.score_scale;
  alone_.layers.clear();
  alone_.layers.push_back(std::move(layer));
  loader::Embeddings::Table words{.input = loader::EmbeddingInput::kWord,
                                  .name = "hidden states",
                                  .tensor = {},
                                  .view = {.type = kernels::TableType::kF32,
                                           .data = hidden_.data(),
                                           .rows = tokens(),
                                           .width = encoder_.hidden_size,
                                           .scale = 1,
                                           .zero_point = 0}};
  alone_.embeddings.tables.clear();
  alone_.embeddings.tables.push_back(std::move(words));
  alone_.embeddings.norm.reset();
}

void LayerWalk::set_weights(LinearRole role, std::span<const float> weights) {
  loader::Linear& linear = linear_of(alone_.layers.front(), role);
  linear = dense(linear, weights);
}

// A layer alone is an encoder whose word embeddings are the hidden states before it: token i of all
// sequences is word i.
std::vector<float> LayerWalk::stage(Stage stage) const {
  std::vector<Sequence> sequences;
  std::int32_t word = 0;
  for (const std::size_t length : lengths_) {
    Sequence sequence;
    sequence.ids.resize(length);
    std::iota(sequence.ids.begin(), sequence.ids.end(), word);
    word += static_cast<std::int32_t>(length);
    sequences.push_back(std::move(sequence));
  }
  return traced(table_, alone_, sequences, stage, threads_);
}

std::vector<float> LayerWalk::inputs(LinearRole role) const {
  switch (role) {
    case LinearRole::kAttentionOutput:
      return stage(Stage::kContext);
    case LinearRole::kFfnIn:
      return stage(Stage::kAttentionNorm);
    case LinearRole::kFfnOut:
      return stage(Stage::kIntermediate);
    default:
      return hidden_;
  }
}

std::vector<float> LayerWalk::projection(LinearRole role) const {
  assert(role == LinearRole::kQuery || role == LinearRole::kKey || role == LinearRole::kValue);
  return stage(role == LinearRole::kQuery ? Stage::kQuery
               : role == LinearRole::kKey ? Stage::kKey
                                          : Stage::kValue);
}

void LayerWalk::next() {
  hidden_ = stage(Stage::kOutputNorm);
  if (++layer_ < encoder_.layers.size()) start_layer();
}

}  // namespace filigree::tools
