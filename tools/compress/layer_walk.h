// An encoder layer by layer on calibration text, with weights that change on the way: what a layer
// reads comes from the changed layers before it.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "kernels/kernel_table.h"
#include "loader/model.h"
#include "runtime/encoder_trace.h"
#include "runtime/sequence.h"
#include "tools/compress/encoder_linears.h"

namespace filigree::tools {

class LayerWalk {
 public:
  LayerWalk(const LayerWalk&) = delete;
  LayerWalk& operator=(const LayerWalk&) = delete;
  // Starts at the embeddings. `table` and `encoder` must outlive this object. Preconditions:
  // sequences that the model takes, float layers.
  LayerWalk(const kernels::KernelTable& table, const loader::Encoder& encoder,
            std::span<const runtime::Sequence> sequences, std::size_t threads);

  std::size_t tokens() const noexcept { return hidden_.size() / encoder_.hidden_size; }
  // The linear layers of the current layer; inputs() and next() compute with these weights,
  // [outputs][inputs].
  void set_weights(LinearRole role, std::span<const float> weights);
  // What a linear layer of the current layer reads, row-major [tokens][inputs].
  std::vector<float> inputs(LinearRole role) const;
  // What query, key or value of the current layer give, [tokens][hidden].
  std::vector<float> projection(LinearRole role) const;
  // Goes on to the next layer, behind the last one nowhere.
  void next();

 private:
  std::vector<float> stage(runtime::Stage stage) const;
  void start_layer();

  const kernels::KernelTable& table_;
  const loader::Encoder& encoder_;
  std::vector<std::size_t> lengths_;
  std::size_t threads_;
  std::size_t layer_ = 0;
  loader::Encoder alone_;      // the current layer, with weights of its own
  std::vector<float> hidden_;  // what it reads, [tokens][hidden]
};

}  // namespace filigree::tools
