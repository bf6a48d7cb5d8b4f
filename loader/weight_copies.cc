#include "loader/weight_copies.h"

#include <utility>

#include "loader/give_way.h"

namespace filigree::loader {
namespace {

Linear copy_of(const Linear& linear, std::pmr::memory_resource& memory) {
  return {.name = linear.name,
          .weights = kernels::copy_weights(linear.weights, memory, current_wait()),
          .bias = linear.bias,
          .input = linear.input,
          .scale = linear.scale,
          .offset = linear.offset,
          .rounding = linear.rounding};
}

EncoderLayer copy_of(const EncoderLayer& layer, std::pmr::memory_resource& memory) {
  return {.query = copy_of(layer.query, memory),
          .key = copy_of(layer.key, memory),
          .value = copy_of(layer.value, memory),
          .attention_output = copy_of(layer.attention_output, memory),
          .ffn_in = copy_of(layer.ffn_in, memory),
          .ffn_out = copy_of(layer.ffn_out, memory),
          .attention_norm = layer.attention_norm,
          .output_norm = layer.output_norm,
          .activation = layer.activation,
          .score_scale = layer.score_scale,
          .integer_attention = layer.integer_attention};
}

// The tables are those of the original: a pass reads a few rows of them, and other models share
// them.
Encoder copy_of(const Encoder& encoder, std::pmr::memory_resource& memory) {
  Encoder copy{.hidden_size = encoder.hidden_size,
               .heads = encoder.heads,
               .head_size = encoder.head_size,
               .intermediate_size = encoder.intermediate_size,
               .vocabulary = encoder.vocabulary,
               .max_positions = encoder.max_positions,
               .embeddings = encoder.embeddings,
               .layers = {},
               .output = encoder.output};
  copy.layers.reserve(encoder.layers.size());
  for (const EncoderLayer& layer : encoder.layers) copy.layers.push_back(copy_of(layer, memory));
  return copy;
}

template <class Visit>
void for_each_matrix(const Encoder& encoder, Visit visit) {
  for (const EncoderLayer& layer : encoder.layers)
    for (const Linear* linear : {&layer.query, &layer.key, &layer.value, &layer.attention_output,
                                 &layer.ffn_in, &layer.ffn_out})
      visit(linear->weights);
}

void check_placement(const Encoder& encoder, const HugePages& memory, const std::vector<int>& nodes,
                     std::vector<std::string>& warnings) {
  if (const auto& error = memory.placement_error()) {
    warnings.push_back(*error);
    return;
  }
  std::size_t elsewhere = 0;
  for_each_matrix(encoder, [&](const kernels::PackedWeights& weights) {
    elsewhere += bytes_elsewhere(weights.storage(), nodes).value_or(0);
  });
  if (elsewhere > 0)
    warnings.push_back(std::to_string(elsewhere) +
                       " bytes of packed weights do not lie on NUMA node " +
                       std::to_string(nodes.front()) + ": it has no room, or may not be used");
}

}  // namespace

void place_weights(Model& model, const WeightPlacement& placement) {
  if (placement.policy == WeightPlacement::Policy::kSystem || !model.encoder) return;
  const bool replicate = placement.policy == WeightPlacement::Policy::kReplicated;
  check_placement(*model.encoder, *model.weight_memory,
                  replicate ? std::vector{placement.nodes.front()} : placement.nodes,
                  model.warnings);
  if (!replicate) return;
  for (std::size_t i = 1; i < placement.nodes.size(); ++i) {
    const int node = placement.nodes[i];
    auto memory =
        std::make_unique<HugePages>(PagePlacement{PagePlacement::Policy::kPreferred, {node}});
    Encoder copy = copy_of(*model.encoder, *memory);
    check_placement(copy, *memory, {node}, model.warnings);
    for_each_matrix(copy, [&](const kernels::PackedWeights& weights) {
      model.memory_bytes += weights.bytes();
    });
    model.copies.push_back({node, std::move(memory), std::move(copy)});
  }
}

const Encoder& encoder_on(const Model& model, int node) noexcept {
  for (const EncoderCopy& copy : model.copies)
    if (copy.node == node) return copy.encoder;
  return *model.encoder;
}

}  // namespace filigree::loader
