#include "loader/repack.h"

#include <stdexcept>
#include <utility>

#include "loader/error.h"
#include "loader/model_bytes.h"
#include "loader/packed_linear.h"
#include "loader/parallel.h"

namespace filigree::loader {
namespace {

kernels::PackedWeights repacked(const Linear& linear, const LoadOptions& options,
                                std::pmr::memory_resource& memory) {
  const kernels::PackedWeights& weights = linear.weights;
  try {
    if (kernels::is_float(weights.format()))
      return packed_weights(std::span<const float>(kernels::unpack_f32(weights)), weights.rows(),
                            weights.cols(), options, memory);
    return packed_weights(std::span<const std::int16_t>(kernels::unpack_i8(weights)),
                          weights.rows(), weights.cols(), options, memory);
  } catch (const std::invalid_argument& error) {
    throw FormatError("is damaged: matrix " + quoted_name(linear.name) + ": " + error.what());
  }
}

}  // namespace

std::vector<Linear*> matrices_of(Encoder& encoder) {
  std::vector<Linear*> matrices;
  for (EncoderLayer& layer : encoder.layers)
    matrices.insert(matrices.end(), {&layer.query, &layer.key, &layer.value,
                                     &layer.attention_output, &layer.ffn_in, &layer.ffn_out});
  return matrices;
}

void repack(Model& model, const LoadOptions& options) {
  if (!model.encoder) return;
  const std::vector<Linear*> matrices = matrices_of(*model.encoder);
  auto memory = std::make_unique<HugePages>(options.placement.pages());
  std::vector<kernels::PackedWeights> packed(matrices.size());
  for_each_index(matrices.size(), options.threads, [&](std::size_t i, std::size_t) {
    packed[i] = repacked(*matrices[i], options, *memory);
  });
  for (std::size_t i = 0; i < matrices.size(); ++i) {
    matrices[i]->weights = std::move(packed[i]);
    model.matrices[i].packed_bytes = matrices[i]->weights.bytes();
    model.matrices[i].kernel = kernels::format_name(matrices[i]->weights.format());
  }
  packed.clear();  // what was replaced lies in the memory that goes now
  model.weight_memory = std::move(memory);
  model.memory_bytes = memory_bytes(model);
}

}  // namespace filigree::loader
