// Copies of Q, K and V for integer attention with VNNI, laid out as
// kernels/internal/attention_scratch.h says. vpdpbusd multiplies u8 by s8, so keys and values lose
// 128 (a flipped top bit) and the difference to their zero points is added to the sums:
//   (k - k_zero) (q - q_zero)  summed over d  =  dot(q, k - 128) + key_term[j] + query_term[i]
//     key_term[j]   = -q_zero * sum over d of (k - 128)
//     query_term[i] = (128 - k_zero) * (sum over d of q - head_size * q_zero)
//   (v - v_zero) p             summed over j  =  dot(p, v - 128) + (128 - v_zero) * sum over j of p
// with p a probability minus its zero point, which is in 0..255. Terms may wrap around in 32 bits;
// the sum does not, so it is exact.
#pragma once

#include <immintrin.h>

#include <cstddef>
#include <cstdint>

#include "kernels/attention.h"
#include "kernels/internal/arithmetic_avx512_vnni.h"
#include "kernels/internal/attention_scratch.h"
#include "kernels/internal/lanes_avx512.h"

namespace filigree::kernels {

// All ones in the bytes of a quad that belong to the head: its first and last quad may be shared
// with others.
static inline __m512i head_bytes(const AttentionI8Args& args, std::size_t quad) {
  std::uint32_t bytes = 0;
  for (std::size_t i = 0; i < 4; ++i) {
    const std::size_t feature = (args.first_feature / 4 + quad) * 4 + i;
    if (feature >= args.first_feature && feature < args.first_feature + args.head_size)
      bytes |= std::uint32_t{0xFF} << (8 * i);
  }
  return _mm512_set1_epi32(static_cast<int>(bytes));
}

// Tokens of a segment, 16 at a time, of one quad of features.
static inline const std::uint8_t* quad_row(const AttentionI8Args& args, const std::uint8_t* panels,
                                           const TokenSegment& tokens, std::size_t quad) {
  return panels + tokens.panel * args.u8_panel_stride +
         (args.first_feature / 4 + quad) * 4 * kPanelTokens + 4 * tokens.lane;
}

// row[key] = quad `quad` of all keys minus 128, 0 for features outside the head and up to
// round_up(key_count, 16) keys.
static inline void copy_row(const AttentionI8Args& args, const std::uint8_t* panels,
                            std::size_t quad, std::uint8_t* row) {
  const __m512i head = head_bytes(args, quad);
  const __m512i flip = _mm512_set1_epi8(static_cast<char>(0x80));
  _mm512_store_si512(row + (args.key_count - 1) / 16 * 64, _mm512_setzero_si512());
  for (std::size_t s = 0; s < args.key_segments; ++s) {
    const TokenSegment& segment = args.keys[s];
    const std::uint8_t* from = quad_row(args, panels, segment, quad);
    for (std::size_t t = 0; t < segment.tokens; t += 16) {
      const __mmask16 lanes = lane_mask_avx512(segment.tokens - t);
      const __m512i bytes = _mm512_xor_si512(_mm512_maskz_loadu_epi32(lanes, from + 4 * t), flip);
      _mm512_mask_storeu_epi32(row + 4 * t, lanes, _mm512_and_si512(bytes, head));
    }
    row += 4 * segment.tokens;
  }
}

// Copies [quads][keys][4] and computes key_term [keys].
static inline void copy_keys_vnni(const AttentionI8Args& args, std::size_t quads,
                                  std::uint8_t* keys, std::int32_t* key_terms) {
  const std::size_t row = round_up(args.key_count, 16) * 4;
  for (std::size_t quad = 0; quad < quads; ++quad) copy_row(args, args.k, quad, keys + quad * row);
  const __m512i ones = _mm512_set1_epi8(1);
  const __m512i factor = _mm512_set1_epi32(-args.q_zero);
  for (std::size_t at = 0; at < row; at += 64) {
    __m512i sum = _mm512_setzero_si512();
    for (std::size_t quad = 0; quad < quads; ++quad)
      sum = QuadsVnni::add_quad(sum, ones, _mm512_load_si512(keys + quad * row + at));
    _mm512_store_si512(key_terms + at / 4, _mm512_mullo_epi32(sum, factor));
  }
}

// Copies [quads][quads of keys][4 features][4 keys].
static inline void copy_values_vnni(const AttentionI8Args& args, std::size_t quads,
                                    std::uint8_t* values) {
  // [a0 a1 a2 a3 b0 b1 b2 b3 c.. d..] of tokens a to d to [a0 b0 c0 d0 a1 b1 c1 d1 ..]
  const __m512i by_feature =
      _mm512_broadcast_i32x4(_mm_setr_epi8(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15));
  const std::size_t row = round_up(args.key_count, 16) * 4;
  for (std::size_t quad = 0; quad < quads; ++quad, values += row) {
    copy_row(args, args.v, quad, values);
    for (std::size_t at = 0; at < row; at += 64)
      _mm512_store_si512(values + at,
                         _mm512_shuffle_epi8(_mm512_load_si512(values + at), by_feature));
  }
}

// Copies [quads][16 W][4] of `count` queries from lane `lane` on, 0 outside the head and in lanes
// without a query, and computes query_term [16 W].
template <int W>
static inline void copy_queries_vnni(const AttentionI8Args& args, std::size_t quads,
                                     std::size_t lane, std::size_t count, std::uint8_t* queries,
                                     __m512i (&terms)[W]) {
  const TokenSegment tokens{args.queries.panel, lane, count};
  const __m512i ones = _mm512_set1_epi8(1);
  for (int w = 0; w < W; ++w) {
    const std::size_t first = 16 * static_cast<std::size_t>(w);
    const __mmask16 lanes = lane_mask_avx512(count > first ? count - first : 0);
    __m512i sum = _mm512_setzero_si512();
    for (std::size_t quad = 0; quad < quads; ++quad) {
      const std::uint8_t* from = quad_row(args, args.q, tokens, quad) + 4 * first;
      const __m512i bytes =
          _mm512_and_si512(_mm512_maskz_loadu_epi32(lanes, from), head_bytes(args, quad));
      _mm512_store_si512(queries + (quad * W + w) * 64, bytes);
      sum = QuadsVnni::add_quad(sum, bytes, ones);
    }
    const auto zeros = static_cast<std::int32_t>(args.head_size) * args.q_zero;
    terms[w] = _mm512_mullo_epi32(_mm512_sub_epi32(sum, _mm512_set1_epi32(zeros)),
                                  _mm512_set1_epi32(128 - args.k_zero));
  }
}

}  // namespace filigree::kernels
