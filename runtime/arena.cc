#include "runtime/arena.h"

#include <algorithm>
#include <cassert>

#include "kernels/attention.h"
#include "kernels/packed_weights.h"
#include "runtime/batch.h"

namespace filigree::runtime {
namespace {

using kernels::panel_floats;
using kernels::quad_panel_bytes;

// hidden, context, Q, and K and V twice.
constexpr std::size_t kHiddenSeries = 7;

constexpr std::size_t aligned(std::size_t bytes) {
  constexpr std::size_t kMask = kernels::AlignedBuffer::kAlignment - 1;
  return (bytes + kMask) & ~kMask;
}

std::size_t hidden_series_bytes(const ActivationShape& shape) {
  // Quad panels of hidden sizes that are not a multiple of 4 still fit: a byte needs a quarter of a
  // float.
  return shape.panels * sizeof(float) * panel_floats(shape.hidden_size);
}

std::size_t scratch_bytes(const ActivationShape& shape) {
  return sizeof(float) * panel_floats(shape.widest) + 2 * quad_panel_bytes(shape.widest) +
         aligned(shape.attention_bytes) + aligned(sizeof(std::int32_t) * shape.i8_scratch_elements);
}

std::size_t total_bytes(const ActivationShape& shape) {
  return kHiddenSeries * hidden_series_bytes(shape) + shape.ranks * scratch_bytes(shape);
}

}  // namespace

ActivationShape activation_shape(const loader::Encoder& encoder, std::size_t tokens,
                                 std::size_t ranks) {
  ActivationShape shape;
  shape.panels = max_panels(std::max(tokens, encoder.max_positions), ranks);
  shape.ranks = ranks;
  shape.hidden_size = encoder.hidden_size;
  shape.widest = std::max(encoder.hidden_size, encoder.intermediate_size);
  shape.attention_bytes =
      kernels::attention_scratch_bytes(encoder.head_size, encoder.max_positions);
  for (const loader::EncoderLayer& layer : encoder.layers)
    for (const loader::Linear* linear : {&layer.query, &layer.key, &layer.value,
                                         &layer.attention_output, &layer.ffn_in, &layer.ffn_out})
      if (linear->input)
        shape.i8_scratch_elements = std::max(shape.i8_scratch_elements,
                                             kernels::i8_scratch_elements(linear->weights.view()));
  return shape;
}

RankScratch Activations::scratch(std::size_t rank) const noexcept {
  assert(rank < shape.ranks);
  std::byte* at = first_scratch + rank * scratch_bytes(shape);
  const auto take = [&at](std::size_t bytes) {
    std::byte* piece = at;
    at += aligned(bytes);
    return piece;
  };
  RankScratch scratch;
  scratch.wide = reinterpret_cast<float*>(take(sizeof(float) * panel_floats(shape.widest)));
  scratch.quantized = reinterpret_cast<std::uint8_t*>(take(quad_panel_bytes(shape.widest)));
  scratch.wide_u8 = reinterpret_cast<std::uint8_t*>(take(quad_panel_bytes(shape.widest)));
  scratch.attention = take(shape.attention_bytes);
  scratch.accumulators =
      reinterpret_cast<std::int32_t*>(take(sizeof(std::int32_t) * shape.i8_scratch_elements));
  return scratch;
}

void Arena::reserve(const ActivationShape& shape) {
  const std::size_t bytes = total_bytes(shape);
  if (bytes > memory_.size()) {
    memory_ = {};  // first, so that both are never held at once
    pages_ = std::make_unique<loader::HugePages>(placement_);
    memory_ = kernels::AlignedBuffer(bytes, pages_.get());
  }
}

Activations Arena::activations(const ActivationShape& shape) noexcept {
  assert(total_bytes(shape) <= memory_.size());
  const std::size_t bytes = hidden_series_bytes(shape);
  std::byte* at = memory_.data();
  const auto take = [&at, bytes, &shape] {
    const Projection series{
        {reinterpret_cast<float*>(at), panel_floats(shape.hidden_size)},
        {reinterpret_cast<std::uint8_t*>(at), sizeof(float) * panel_floats(shape.hidden_size)}};
    at += bytes;
    return series;
  };
  Activations activations;
  activations.hidden = take().f32;
  activations.context = take().f32;
  activations.query = take();
  for (Projection& key : activations.key) key = take();
  for (Projection& value : activations.value) value = take();
  activations.first_scratch = at;
  activations.shape = shape;
  return activations;
}

}  // namespace filigree::runtime
