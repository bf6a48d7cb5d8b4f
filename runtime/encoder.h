// The encoder of BERT: embeddings, then for every layer attention and a feed-forward network, each
// followed by the addition of its input and a LayerNorm (post-LN):
//
//   h = LayerNorm(word[id] + type[type id] + position[i])
//   h = LayerNorm(h + W_o attention(W_q h, W_k h, W_v h))
//   h = LayerNorm(h + W_2 gelu(W_1 h))
// A LayerNorm with a `rounding` rounds what it gives (round_panel.h).
//
// Any mixture of float and quantised layers. The result for a sequence depends on that sequence
// alone, and is bit-identical for every kernel table, batch, number of ranks and weight format.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>

#include "kernels/kernel_table.h"
#include "loader/model.h"
#include "runtime/arena.h"
#include "runtime/batch.h"
#include "runtime/step_times.h"
#include "runtime/team.h"

namespace filigree::runtime {

enum class Stage {
  kEmbeddings,
  kQuery,
  kKey,
  kValue,
  kContext,
  kAttentionNorm,
  kIntermediate,
  kOutputNorm
};

// What a stage has computed for one panel: float or u8, the other is null.
struct StageResult {
  Stage stage;
  std::size_t layer;
  std::size_t panel;
  std::size_t features;
  const float* f32;        // float panel
  const std::uint8_t* u8;  // quad panel
};

// Called on the rank that owns the panel, for several panels at the same time; for tests and
// profiles.
using StageObserver = std::function<void(const StageResult&)>;

// What looks on while a batch is encoded. None of it changes a bit.
struct Watch {
  StageObserver observer = {};
  StepRecorder* recorder = nullptr;  // for the encoder's layers and at least batch.ranks() ranks
  // Asked by rank 0 in every layer; must not throw. Once it is true, encoding ends within that
  // layer, and the hidden state means nothing.
  std::function<bool()> abandon = {};
};

// What a rank has for itself: weights, of which ranks may read copies of equal contents, and
// memory.
struct RankPlace {
  const loader::Encoder* encoder;
  RankScratch scratch;
};

// Runs batch.ranks() ranks of `team`; returns the last hidden state, which lies in `activations`.
// Requires activations with panels and scratch with room for the batch, a place for each rank, ids
// within the tables, and team.size() >= batch.ranks(). Allocates nothing and does not throw.
PanelSeries<const float> encode(const kernels::KernelTable& table,
                                std::span<const RankPlace> places, const RaggedBatch& batch,
                                const Activations& activations, Team& team,
                                const Watch& watch = {}) noexcept;

// The same on one copy of the weights and the memory of `arena`. Requires arena.reserve(shape) for
// a shape that has room for the batch.
PanelSeries<const float> encode(const kernels::KernelTable& table, const loader::Encoder& encoder,
                                const RaggedBatch& batch, const ActivationShape& shape,
                                Arena& arena, Team& team, const Watch& watch = {}) noexcept;

// Copies the hidden state of one sequence out of the panels, row-major [tokens][hidden_size].
void copy_hidden_state(const PanelSeries<const float>& hidden, std::size_t hidden_size,
                       std::span<const kernels::TokenSegment> segments, float* out) noexcept;

// The most embedding tables that encode() sums.
inline constexpr std::size_t kMaxEmbeddingTables = 8;

}  // namespace filigree::runtime
