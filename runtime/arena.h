// Memory of activations. One arena for each stream, sized by the token budget and the largest
// model it has seen, never by the shape of a batch: after the first batch of a model, encoding
// allocates nothing.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>

#include "kernels/aligned_buffer.h"
#include "kernels/panel.h"
#include "loader/model.h"

namespace filigree::runtime {

// What a pass through an encoder needs room for.
struct ActivationShape {
  std::size_t panels = 0;  // at most, in one batch
  std::size_t ranks = 0;
  std::size_t hidden_size = 0;
  std::size_t widest = 0;               // features of the widest activation
  std::size_t attention_bytes = 0;      // kernels::attention_scratch_bytes
  std::size_t i8_scratch_elements = 0;  // kernels::i8_scratch_elements
};

// For batches of at most `tokens` tokens (at least one sequence of the longest length the model
// takes) on `ranks`.
ActivationShape activation_shape(const loader::Encoder& encoder, std::size_t tokens,
                                 std::size_t ranks);

// Panels of `features` features of a whole batch, one after another.
template <class T>
struct PanelSeries {
  T* data;
  std::size_t stride;  // elements from a panel to the next
  T* operator[](std::size_t panel) const noexcept { return data + panel * stride; }
};

// Q, K or V of a whole batch: float panels, or quad panels in the same memory. A panel begins at
// the same place in both: where layers differ in form, a rank that is one layer ahead still writes
// to its own panels only.
struct Projection {
  PanelSeries<float> f32;
  PanelSeries<std::uint8_t> u8;
};

// What one rank needs while it works on one panel.
struct RankScratch {
  float* wide;              // panel [widest][T]
  std::uint8_t* quantized;  // quad panel [widest]: the quantised input of linear layers
  std::uint8_t* wide_u8;    // quad panel [widest]: a quantised output
  void* attention;
  std::int32_t* accumulators;
};

// Where everything lies, for one shape. K and V exist twice: a rank may write those of the next
// layer while another still reads those of this one.
struct Activations {
  PanelSeries<float> hidden;
  PanelSeries<float> context;  // the output of attention
  Projection query;
  Projection key[2];
  Projection value[2];

  RankScratch scratch(std::size_t rank) const noexcept;

  std::byte* first_scratch;
  ActivationShape shape;
};

class Arena {
 public:
  explicit Arena(loader::PagePlacement placement = {}) : placement_(std::move(placement)) {}

  // Makes room; never shrinks. Zeroed when it grows, so that padding lanes hold numbers. Throws
  // std::bad_alloc.
  void reserve(const ActivationShape& shape);

  std::size_t bytes() const noexcept { return memory_.size(); }

  // Valid until the next reserve() that grows. Requires a reserve() of a shape that is at least as
  // large.
  Activations activations(const ActivationShape& shape) noexcept;

 private:
  loader::PagePlacement placement_;
  std::unique_ptr<loader::HugePages> pages_;
  kernels::AlignedBuffer memory_;  // in pages_
};

}  // namespace filigree::runtime
