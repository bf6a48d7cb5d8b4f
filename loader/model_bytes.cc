#include "loader/model_bytes.h"

#include <unordered_set>

namespace filigree::loader {
namespace {

template <class T>
std::size_t bytes_of(const std::vector<T>& values) {
  return values.size() * sizeof(T);
}

std::size_t bytes_of(const Linear& linear) {
  return linear.weights.bytes() + bytes_of(linear.bias) + bytes_of(linear.scale) +
         bytes_of(linear.offset);
}

std::size_t bytes_of(const LayerNorm& norm) { return bytes_of(norm.gamma) + bytes_of(norm.beta); }

std::size_t bytes_of(const EncoderLayer& layer) {
  std::size_t bytes = bytes_of(layer.attention_norm) + bytes_of(layer.output_norm);
  for (const Linear* linear : {&layer.query, &layer.key, &layer.value, &layer.attention_output,
                               &layer.ffn_in, &layer.ffn_out})
    bytes += bytes_of(*linear);
  return bytes;
}

}  // namespace

std::size_t memory_bytes(const Model& model) {
  std::unordered_set<const std::byte*> counted;
  std::size_t bytes = 0;
  const auto add = [&](const Tensor& tensor) {
    if (counted.insert(tensor.bytes().data()).second) bytes += tensor.byte_count();
  };
  if (model.encoder) {
    for (const Embeddings::Table& table : model.encoder->embeddings.tables) add(table.tensor);
    if (model.encoder->embeddings.norm) bytes += bytes_of(*model.encoder->embeddings.norm);
    for (const EncoderLayer& layer : model.encoder->layers) bytes += bytes_of(layer);
  }
  for (const auto& [name, tensor] : model.rest.initializers) add(tensor);
  return bytes;
}

}  // namespace filigree::loader
