// Scaled dot-product attention of one head, for queries that lie in one panel, over all keys of
// their sequence. Sums run over d and j in ascending order, starting at +0; the softmax is that of
// kernels/softmax.h.
//
//   score[j,i] = (sum over d of fma(K[d,j], Q[d,i], sum)) * score_scale
//   p[j,i]     = exp(score[j,i] - max over j of score[.,i])
//   out[d,i]   = (sum over j of fma(V[d,j], p[j,i], sum)) * (1 / sum over j of p[j,i])
//
// Integer form (QuantizeLinear on Q, K, V and on the probabilities; MatMulInteger; Cast; Mul).
// Probabilities are normalised, by a reciprocal as in ONNX Runtime, before they are quantised:
//
//   score[j,i] = float(sum over d of (K[d,j] - k_zero) * (Q[d,i] - q_zero)) * score_scale
//   e[j,i]     = exp(score[j,i] - max over j of score[.,i])
//   p[j,i]     = quantize(e[j,i] * (1 / sum over j of e[j,i]))
//   out[d,i]   = float(sum over j of (V[d,j] - v_zero) * (p[j,i] - p_zero)) * out_scale
//
// Either product may be rounded to bytes before it is scaled (QLinearMatMul and DequantizeLinear in
// place of MatMulInteger, Cast and Mul). With score_rounding and out_rounding
//
//   score[j,i] = (q - zero_point) * score_scale, q of kernels/panel.h's Requantization of the sum
//   out[d,i]   = (q - zero_point) * out_scale
//
// A sequence lies on the token axis of the batch as one or more segments, each within one panel, in
// order. Integer sums are exact for head_size and key_count up to 33,000; float results are
// bit-identical on every ISA and independent of where in its panels a sequence starts and of which
// queries are computed together. Finite inputs. noexcept, allocates nothing.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/panel.h"

namespace filigree::kernels {

struct TokenSegment {
  std::size_t panel;   // index on the batch's panel axis
  std::size_t lane;    // first lane in that panel
  std::size_t tokens;  // >= 1; lane + tokens <= kPanelTokens
};

struct AttentionF32Args {
  const float* q;  // this head's feature 0, lane 0 of panel 0; features are T apart
  const float* k;
  const float* v;
  std::size_t panel_stride;  // floats from a panel to the next, the same for q, k, v and out
  std::size_t head_size;     // >= 1
  const TokenSegment* keys;  // the tokens of the sequence that are attended to, in order
  std::size_t key_segments;
  std::size_t key_count;  // sum of keys[].tokens, >= 1
  TokenSegment queries;   // the queries to compute
  float score_scale;
  float* out;     // like q; exactly the lanes of `queries` are written
  void* scratch;  // attention_scratch_bytes(head_size, key_count), 64-byte aligned
};

struct AttentionI8Args {
  const std::uint8_t* q;  // whole quad panel 0 of Q (a head may begin inside a quad)
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
  float score_scale;  // scale_q * scale_k (that of rounded scores), divided as the graph divides
  const Requantization* score_rounding = nullptr;  // null: none
  Quantization p;                                  // of the probabilities
  float out_scale;                                 // p.scale * scale_v, or of the rounded output
  const Requantization* out_rounding = nullptr;    // null: none
  float* out;  // float panels: head's feature 0, lane 0 of panel 0; exactly `queries` are written
  std::size_t out_panel_stride;  // floats
  void* scratch;
  // The last call with this scratch differed in its queries only: what it made of K and V is there.
  bool same_keys = false;
};

using AttentionF32Fn = void(const AttentionF32Args&) noexcept;
using AttentionI8Fn = void(const AttentionI8Args&) noexcept;

// Bytes of scratch that every table's float and integer attention is content with.
std::size_t attention_scratch_bytes(std::size_t head_size, std::size_t key_count) noexcept;

}  // namespace filigree::kernels
