// Scaled dot-product attention of one head, for queries that lie in one panel, over all keys of their sequence.
//
//   score[j,i] = (sum over d, ascending, of fma(K[d,j], Q[d,i], sum)) * score_scale
//   p[j,i]     = exp(score[j,i] - max_j score[.,i])                     softmax of kernels/softmax.h
//   out[d,i]   = (sum over j, ascending, of fma(V[d,j], p[j,i], sum)) * (1 / sum over j, ascending, of p[j,i])
//
// Integer form (QuantizeLinear on Q, K, V and on the probabilities; MatMulInteger; Cast; Mul):
//   score[j,i] = float(sum over d of (K[d,j] - k_zero) * (Q[d,i] - q_zero)) * score_scale
//   p[j,i]     = quantize(softmax(score)[j,i])           the probability is divided by its sum before quantising
//   out[d,i]   = float(sum over j of (V[d,j] - v_zero) * (p[j,i] - p_zero)) * out_scale
//
// A sequence lies on the token axis of the batch as one or more segments, each within one panel, in order.
// Integer sums are exact; float results are bit-identical on every ISA and independent of where in its panels
// a sequence starts. noexcept, allocates nothing.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/panel.h"

namespace filigree::kernels {

struct TokenSegment {
  std::size_t panel;   // index on the batch's panel axis
  std::size_t lane;    // first lane in that panel
  std::size_t tokens;  // lane + tokens <= kPanelTokens
};

struct AttentionF32Args {
  const float* q;  // this head's feature 0, lane 0 of panel 0; features are T apart
  const float* k;
  const float* v;
  std::size_t panel_stride;  // floats from a panel to the next, the same for q, k, v and out
  std::size_t head_size;     // >= 1
  const TokenSegment* keys;  // all tokens of the sequence
  std::size_t key_segments;
  std::size_t key_count;     // sum of keys[].tokens, >= 1
  TokenSegment queries;      // the queries to compute
  float score_scale;
  float* out;                // this head's feature 0, lane 0 of panel 0; exactly the lanes of `queries` are written
  void* scratch;             // attention_scratch_bytes(head_size, key_count), 64-byte aligned
};

struct AttentionI8Args {
  const std::uint8_t* q;     // whole quad panel 0 of Q (a head may begin inside a quad)
  const std::uint8_t* k;
  const std::uint8_t* v;
  std::size_t u8_panel_stride;  // bytes from a quad panel to the next, the same for q, k and v
  std::size_t first_feature;    // of this head
  std::size_t head_size;
  const TokenSegment* keys;
  std::size_t key_segments;
  std::size_t key_count;
  TokenSegment queries;
  std::int32_t q_zero, k_zero, v_zero;
  float score_scale;         // scale_q * scale_k, divided by what the graph divides by
  Quantization p;            // of the probabilities
  float out_scale;           // p.scale * scale_v
  float* out;                // float panel: head's feature 0, lane 0 of panel 0
  std::size_t out_panel_stride;  // floats
  void* scratch;
};

using AttentionF32Fn = void(const AttentionF32Args&) noexcept;
using AttentionI8Fn = void(const AttentionI8Args&) noexcept;

// Bytes of scratch that every table's float and integer attention is content with.
std::size_t attention_scratch_bytes(std::size_t head_size, std::size_t key_count) noexcept;

}  // namespace filigree::kernels
