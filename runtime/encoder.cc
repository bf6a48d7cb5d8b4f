#include "runtime/encoder.h"

#include <array>
#include <atomic>
#include <cassert>

#include "kernels/panel.h"
#include "runtime/panel_linear.h"
#include "runtime/round_panel.h"

namespace filigree::runtime {
namespace {

using kernels::kPanelTokens;
using loader::EmbeddingInput;
using loader::EncoderLayer;

// What one rank needs to know to work on its panels.
struct Pass {
  const kernels::KernelTable& table;
  const loader::Encoder& encoder;
  const RaggedBatch& batch;
  const Activations& activations;
  const Watch& watch;
  std::size_t rank;
  // Whether every rank ends in a layer, by its parity: rank 0 may be one layer ahead of one that
  // still has to read.
  std::array<std::atomic<bool>, 2>& abandoned;

  void observe(Stage stage, std::size_t layer, std::size_t panel, std::size_t features,
               const float* f32, const std::uint8_t* u8 = nullptr) const {
    if (watch.observer)
      watch.observer({stage, layer, panel, features, u8 == nullptr ? f32 : nullptr, u8});
  }
  // `step` has just ended.
  void lap(Step step, std::size_t layer) const noexcept {
    if (watch.recorder != nullptr) watch.recorder->lap(rank, step, layer);
  }
};

void normalise(const Pass& pass, const loader::LayerNorm& norm, std::size_t tokens, float* hidden) {
  pass.table.layer_norm({pass.encoder.hidden_size, tokens, hidden, norm.gamma.data(),
                         norm.beta.data(), norm.eps, hidden});
  if (norm.rounding) round_panel(*norm.rounding, pass.encoder.hidden_size, tokens, hidden);
}

const std::int32_t* ids_of(const RaggedBatch& batch, EmbeddingInput input) {
  switch (input) {
    case EmbeddingInput::kWord:
      return batch.word_ids().data();
    case EmbeddingInput::kTokenType:
      return batch.type_ids().data();
    case EmbeddingInput::kPosition:
      return batch.positions().data();
  }
  return nullptr;
}

void embed(const Pass& pass, std::size_t panel) {
  const loader::Embeddings& embeddings = pass.encoder.embeddings;
  const Panel& place = pass.batch.panels()[panel];
  float* hidden = pass.activations.hidden[panel];
  std::array<kernels::EmbeddingTable, kMaxEmbeddingTables> tables;
  std::array<const std::int32_t*, kMaxEmbeddingTables> ids;
  const std::size_t count = embeddings.tables.size();
  assert(count <= kMaxEmbeddingTables);
  for (std::size_t i = 0; i < count; ++i) {
    tables[i] = embeddings.tables[i].view;
    ids[i] = ids_of(pass.batch, embeddings.tables[i].input) + place.first_token;
  }
  pass.table.embedding({tables.data(), count, ids.data(), place.tokens, hidden});
  if (embeddings.norm) normalise(pass, *embeddings.norm, place.tokens, hidden);
  pass.lap(Step::kEmbeddings, 0);
  pass.observe(Stage::kEmbeddings, 0, panel, pass.encoder.hidden_size, hidden);
}

// Q, K and V of one panel, as floats or in the u8 form that integer attention reads.
void project(const Pass& pass, std::size_t layer_index, std::size_t panel,
             const RankScratch& scratch) {
  const EncoderLayer& layer = pass.encoder.layers[layer_index];
  const auto& integer = layer.integer_attention;
  const std::size_t buffer = layer_index % 2;
  PanelInput input(pass.activations.hidden[panel], pass.encoder.hidden_size,
                   pass.batch.panels()[panel].tokens, scratch.quantized);

  const auto one = [&](Step step, Stage stage, const loader::Linear& linear,
                       const Projection& projection, const kernels::Quantization* quantization) {
    PanelOutput output;
    if (quantization == nullptr) {
      output.y = projection.f32[panel];
    } else {
      output.y = scratch.wide;
      output.y_u8 = projection.u8[panel];
      output.quantization = *quantization;
    }
    apply(pass.table, linear, input, output, scratch.accumulators);
    pass.lap(step, layer_index);
    pass.observe(stage, layer_index, panel, pass.encoder.hidden_size, output.y, output.y_u8);
  };
  const Activations& a = pass.activations;
  one(Step::kQuery, Stage::kQuery, layer.query, a.query, integer ? &integer->q : nullptr);
  one(Step::kKey, Stage::kKey, layer.key, a.key[buffer], integer ? &integer->k : nullptr);
  one(Step::kValue, Stage::kValue, layer.value, a.value[buffer], integer ? &integer->v : nullptr);
}

void attend_f32(const Pass& pass, std::size_t layer_index, const Part& part, std::size_t head,
                const RankScratch& scratch) {
  const Activations& a = pass.activations;
  const auto keys = pass.batch.keys(part.sequence);
  const std::size_t first = head * pass.encoder.head_size * kPanelTokens;
  const std::size_t buffer = layer_index % 2;
  pass.table.attention_f32({
      .q = a.query.f32.data + first,
      .k = a.key[buffer].f32.data + first,
      .v = a.value[buffer].f32.data + first,
      .panel_stride = a.query.f32.stride,
      .head_size = pass.encoder.head_size,
      .keys = keys.data(),
      .key_segments = keys.size(),
      .key_count = pass.batch.key_count(part.sequence),
      .queries = part.segment,
      .score_scale = pass.encoder.layers[layer_index].score_scale,
      .out = a.context.data + first,
      .scratch = scratch.attention,
  });
}

// `same_keys`: the last call had the same head and sequence.
void attend_i8(const Pass& pass, std::size_t layer_index, const Part& part, std::size_t head,
               bool same_keys, const RankScratch& scratch) {
  const Activations& a = pass.activations;
  const EncoderLayer& layer = pass.encoder.layers[layer_index];
  const loader::IntegerAttention& integer = *layer.integer_attention;
  const auto keys = pass.batch.keys(part.sequence);
  const std::size_t first = head * pass.encoder.head_size;
  const std::size_t buffer = layer_index % 2;
  pass.table.attention_i8({
      .q = a.query.u8.data,
      .k = a.key[buffer].u8.data,
      .v = a.value[buffer].u8.data,
      .u8_panel_stride = a.query.u8.stride,
      .first_feature = first,
      .head_size = pass.encoder.head_size,
      .keys = keys.data(),
      .key_segments = keys.size(),
      .key_count = pass.batch.key_count(part.sequence),
      .queries = part.segment,
      .q_zero = integer.q.zero_point,
      .k_zero = integer.k.zero_point,
      .v_zero = integer.v.zero_point,
      .score_scale = layer.score_scale,
      .score_rounding = integer.score_rounding ? &*integer.score_rounding : nullptr,
      .p = integer.p,
      .out_scale = integer.out_scale,
      .out_rounding = integer.out_rounding ? &*integer.out_rounding : nullptr,
      .out = a.context.data + first * kPanelTokens,
      .out_panel_stride = a.context.stride,
      .scratch = scratch.attention,
      .same_keys = same_keys,
  });
}

// One after the last of the panels from `first` on that share a sequence, each with the next. Their
// contexts are read again later, so they should stay in the second-level cache.
std::size_t attended_together(const RaggedBatch& batch, std::size_t first, std::size_t last) {
  constexpr std::size_t kMostPanels = 8;
  const auto panels = batch.panels();
  std::size_t end = first + 1;
  while (end < last && end - first < kMostPanels &&
         batch.parts(panels[end - 1]).back().sequence == batch.parts(panels[end]).front().sequence)
    ++end;
  return end;
}

// Every head of every sequence that has queries in these panels; the keys may lie in panels of
// other ranks. Heads one after another: panels of a sequence share what is made of its keys.
void attend(const Pass& pass, std::size_t layer_index, std::size_t first, std::size_t last,
            const RankScratch& scratch) {
  const bool integer = pass.encoder.layers[layer_index].integer_attention.has_value();
  const auto panels = pass.batch.panels();
  for (std::size_t head = 0; head < pass.encoder.heads; ++head) {
    const Part* previous = nullptr;
    for (std::size_t panel = first; panel < last; ++panel)
      for (const Part& part : pass.batch.parts(panels[panel])) {
        const bool same_keys = previous != nullptr && previous->sequence == part.sequence;
        if (integer)
          attend_i8(pass, layer_index, part, head, same_keys, scratch);
        else
          attend_f32(pass, layer_index, part, head, scratch);
        previous = &part;
      }
  }
  pass.lap(Step::kAttention, layer_index);
  for (std::size_t panel = first; panel < last; ++panel)
    pass.observe(Stage::kContext, layer_index, panel, pass.encoder.hidden_size,
                 pass.activations.context[panel]);
}

// hidden = LayerNorm(hidden + W_o context)
void add_attention(const Pass& pass, std::size_t layer_index, std::size_t panel,
                   const RankScratch& scratch) {
  const EncoderLayer& layer = pass.encoder.layers[layer_index];
  const std::size_t tokens = pass.batch.panels()[panel].tokens;
  float* hidden = pass.activations.hidden[panel];
  PanelInput context(pass.activations.context[panel], pass.encoder.hidden_size, tokens,
                     scratch.quantized);
  apply(pass.table, layer.attention_output, context,
        {.residual = hidden, .y = hidden, .product = scratch.wide}, scratch.accumulators);
  pass.lap(Step::kAttentionOutput, layer_index);
  normalise(pass, layer.attention_norm, tokens, hidden);
  pass.lap(Step::kAttentionNorm, layer_index);
  pass.observe(Stage::kAttentionNorm, layer_index, panel, pass.encoder.hidden_size, hidden);
}

// hidden = LayerNorm(hidden + W_2 gelu(W_1 hidden))
void add_feed_forward(const Pass& pass, std::size_t layer_index, std::size_t panel,
                      const RankScratch& scratch) {
  const EncoderLayer& layer = pass.encoder.layers[layer_index];
  const std::size_t width = pass.encoder.intermediate_size;
  const std::size_t tokens = pass.batch.panels()[panel].tokens;
  float* hidden = pass.activations.hidden[panel];
  PanelInput input(hidden, pass.encoder.hidden_size, tokens, scratch.quantized);
  PanelOutput intermediate{.activation = layer.activation, .y = scratch.wide};
  if (layer.ffn_out.input) {  // the second layer reads u8: let the first one write it
    intermediate.y_u8 = scratch.wide_u8;
    intermediate.quantization = *layer.ffn_out.input;
  }
  apply(pass.table, layer.ffn_in, input, intermediate, scratch.accumulators);
  pass.lap(Step::kIntermediate, layer_index);
  pass.observe(Stage::kIntermediate, layer_index, panel, width, scratch.wide, intermediate.y_u8);
  PanelInput activated = layer.ffn_out.input
                             ? PanelInput(scratch.wide_u8, *layer.ffn_out.input, width, tokens)
                             : PanelInput(scratch.wide, width, tokens, scratch.quantized);
  // A layer that rounds its product reads u8: the floats of the first layer are not needed then.
  apply(pass.table, layer.ffn_out, activated,
        {.residual = hidden, .y = hidden, .product = scratch.wide}, scratch.accumulators);
  pass.lap(Step::kOutput, layer_index);
  normalise(pass, layer.output_norm, tokens, hidden);
  pass.lap(Step::kOutputNorm, layer_index);
  pass.observe(Stage::kOutputNorm, layer_index, panel, pass.encoder.hidden_size, hidden);
}

void encode_rank(const Pass& pass, const RankScratch& scratch, Team& team) {
  const std::size_t first = pass.batch.first_panel(pass.rank);
  const std::size_t last = pass.batch.last_panel(pass.rank);
  if (pass.watch.recorder != nullptr) pass.watch.recorder->start(pass.rank);
  for (std::size_t panel = first; panel < last; ++panel) embed(pass, panel);
  for (std::size_t layer = 0; layer < pass.encoder.layers.size(); ++layer) {
    for (std::size_t panel = first; panel < last; ++panel) project(pass, layer, panel, scratch);
    if (pass.rank == 0 && pass.watch.abandon && pass.watch.abandon())
      pass.abandoned[layer % 2].store(true, std::memory_order_relaxed);
    // Attention reads K and V of other ranks. Nobody waits after it: the next layer writes the
    // other buffers, and this layer's are written again only behind the next layer's barrier.
    team.barrier();
    pass.lap(Step::kWait, layer);
    if (pass.abandoned[layer % 2].load(std::memory_order_relaxed)) return;
    for (std::size_t begin = first; begin < last;) {
      const std::size_t end = attended_together(pass.batch, begin, last);
      attend(pass, layer, begin, end, scratch);
      for (; begin < end; ++begin) {
        add_attention(pass, layer, begin, scratch);
        add_feed_forward(pass, layer, begin, scratch);
      }
    }
  }
}

// place_of(rank) is a RankPlace.
template <class PlaceOfRank>
PanelSeries<const float> encode_with(const kernels::KernelTable& table, PlaceOfRank place_of,
                                     const RaggedBatch& batch, const Activations& activations,
                                     Team& team, const Watch& watch) noexcept {
  assert(batch.panels().size() <= activations.shape.panels);
  for (std::size_t i = 0; i < batch.sequences(); ++i)
    assert(kernels::attention_scratch_bytes(place_of(0).encoder->head_size, batch.length(i)) <=
           activations.shape.attention_bytes);
  std::array<std::atomic<bool>, 2> abandoned{};
  team.parallel(batch.ranks(), [&](std::size_t rank) {
    const RankPlace place = place_of(rank);
    encode_rank({table, *place.encoder, batch, activations, watch, rank, abandoned}, place.scratch,
                team);
  });
  return {activations.hidden.data, activations.hidden.stride};
}

}  // namespace

PanelSeries<const float> encode(const kernels::KernelTable& table,
                                std::span<const RankPlace> places, const RaggedBatch& batch,
                                const Activations& activations, Team& team,
                                const Watch& watch) noexcept {
  assert(places.size() >= batch.ranks());
  const auto own = [&](std::size_t rank) { return places[rank]; };
  return encode_with(table, own, batch, activations, team, watch);
}

PanelSeries<const float> encode(const kernels::KernelTable& table, const loader::Encoder& encoder,
                                const RaggedBatch& batch, const ActivationShape& shape,
                                Arena& arena, Team& team, const Watch& watch) noexcept {
  assert(batch.ranks() <= shape.ranks);
  const Activations activations = arena.activations(shape);
  const auto same = [&](std::size_t rank) {
    return RankPlace{&encoder, activations.scratch(rank)};
  };
  return encode_with(table, same, batch, activations, team, watch);
}

void copy_hidden_state(const PanelSeries<const float>& hidden, std::size_t hidden_size,
                       std::span<const kernels::TokenSegment> segments, float* out) noexcept {
  for (const kernels::TokenSegment& segment : segments) {
    const float* first = hidden[segment.panel] + segment.lane;
    for (std::size_t token = 0; token < segment.tokens; ++token, out += hidden_size)
      for (std::size_t feature = 0; feature < hidden_size; ++feature)
        out[feature] = first[feature * kPanelTokens + token];
  }
}

}  // namespace filigree::runtime
