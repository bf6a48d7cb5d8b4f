// One post-LN transformer layer in a canonical graph:
//   y = LayerNormalization(x + attention(x));  output = LayerNormalization(y +
//   ffn_out(Gelu(ffn_in(y))))
#pragma once

#include <string>

#include "loader/pattern/attention.h"

namespace filigree::loader {

struct LayerMatch {
  AttentionMatch attention;
  const Node* attention_norm = nullptr;
  const Node* ffn_in = nullptr;
  const Node* ffn_out = nullptr;
  const Node* output_norm = nullptr;
  std::string output;
  // The DequantizeLinear of a Q/DQ pair that the residual sums after attention and after the
  // feed-forward part read their input through; the linear layers that read it quantise it with the
  // same scale and zero point.
  const Node* attention_pair = nullptr;
  const Node* output_pair = nullptr;
};

// The layer around an attention. Throws Mismatch that names the first node that does not fit.
LayerMatch match_layer(const GraphIndex& index, AttentionMatch attention);

}  // namespace filigree::loader
