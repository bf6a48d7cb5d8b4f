// What integer attention with VNNI makes of Q, K and V, laid out as
// kernels/internal/attention_scratch.h says. vpdpbusd multiplies u8 by s8: keys and probabilities
// stay as they are, queries and values lose 128 (a flipped top bit), and the difference to zero
// points is added to the sums:
//   (k - k_zero) (q - q_zero)  summed over d  =  dot(k, q - 128) + key_term[j] + query_term[i]
//     key_term[j]   = (128 - q_zero) * sum over d of k
//     query_term[i] = -k_zero * (sum over d of (q - 128) + head_size * (128 - q_zero))
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
  const std::size_t skipped = quad == 0 ? args.first_feature % 4 : 0;
  const std::size_t rest = args.first_feature % 4 + args.head_size - 4 * quad;
  std::uint32_t bytes = ~std::uint32_t{0} << (8 * skipped);
  if (rest < 4) bytes &= (std::uint32_t{1} << (8 * rest)) - 1;
  return _mm512_set1_epi32(static_cast<int>(bytes));
}

// Tokens of a segment of one quad of features.
static inline const std::uint8_t* quad_row(const AttentionI8Args& args, const std::uint8_t* panels,
                                           const TokenSegment& tokens, std::size_t quad) {
  return panels + tokens.panel * args.u8_panel_stride +
         (args.first_feature / 4 + quad) * 4 * kPanelTokens + 4 * tokens.lane;
}

// key_term [keys], 64 keys at a time: a sum of 16 waits for its additions.
static inline void add_up_keys_vnni(const AttentionI8Args& args, std::size_t quads,
                                    std::int32_t* key_terms) {
  constexpr int kSums = 4;
  const __m512i factor = _mm512_set1_epi32(128 - args.q_zero);
  for (std::size_t s = 0; s < args.key_segments; ++s) {
    const TokenSegment& segment = args.keys[s];
    for (std::size_t t = 0; t < segment.tokens; t += 16 * kSums) {
      __mmask16 lanes[kSums];
      __m512i sums[kSums];
      for (std::size_t i = 0; i < kSums; ++i) {
        const std::size_t before = t + 16 * i;
        lanes[i] = lane_mask_avx512(segment.tokens > before ? segment.tokens - before : 0);
        sums[i] = _mm512_setzero_si512();
      }
      for (std::size_t quad = 0; quad < quads; ++quad) {
        const __m512i ones = _mm512_and_si512(head_bytes(args, quad), _mm512_set1_epi8(1));
        const std::uint8_t* k = quad_row(args, args.k, segment, quad) + 4 * t;
#pragma GCC unroll 4
        for (int i = 0; i < kSums; ++i)
          sums[i] =
              QuadsVnni::add_quad(sums[i], _mm512_maskz_loadu_epi32(lanes[i], k + 64 * i), ones);
      }
      for (int i = 0; i < kSums; ++i)
        _mm512_mask_storeu_epi32(key_terms + t + 16 * i, lanes[i],
                                 _mm512_mullo_epi32(sums[i], factor));
    }
    key_terms += segment.tokens;
  }
}

// Values minus 128: [tokens][4 features] to [quads of tokens][4 features][4 tokens]. Up to a whole
// quad of tokens is written.
static inline void turn_values(const std::uint8_t* from, std::size_t tokens, std::uint8_t* to) {
  const __m512i flip = _mm512_set1_epi8(static_cast<char>(0x80));
  // [a0 a1 a2 a3 b0 b1 b2 b3 c.. d..] of tokens a to d to [a0 b0 c0 d0 a1 b1 c1 d1 ..]
  const __m512i by_feature =
      _mm512_broadcast_i32x4(_mm_setr_epi8(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15));
  std::size_t t = 0;
  for (; t + 16 <= tokens; t += 16) {
    const __m512i bytes = _mm512_xor_si512(_mm512_loadu_si512(from + 4 * t), flip);
    _mm512_storeu_si512(to + 4 * t, _mm512_shuffle_epi8(bytes, by_feature));
  }
  const __m512i rest = _mm512_maskz_loadu_epi32(lane_mask_avx512(tokens - t), from + 4 * t);
  _mm512_mask_storeu_epi32(to + 4 * t, lane_mask_avx512(round_up(tokens - t, 4)),
                           _mm512_shuffle_epi8(_mm512_xor_si512(rest, flip), by_feature));
}

// Quads of features of all keys, one after another.
static inline void join_values(const AttentionI8Args& args, std::size_t quad, std::uint8_t* row) {
  for (std::size_t s = 0; s < args.key_segments; ++s) {
    const TokenSegment& segment = args.keys[s];
    const std::uint8_t* from = quad_row(args, args.v, segment, quad);
    for (std::size_t t = 0; t < segment.tokens; t += 16) {
      const __mmask16 lanes = lane_mask_avx512(segment.tokens - t);
      _mm512_mask_storeu_epi32(row + 4 * t, lanes, _mm512_maskz_loadu_epi32(lanes, from + 4 * t));
    }
    row += 4 * segment.tokens;
  }
}

// Copies [quads][quads of keys][4 features][4 keys]. `spare` has room for 4 bytes of each key.
static inline void copy_values_vnni(const AttentionI8Args& args, std::size_t quads,
                                    std::uint8_t* values, std::uint8_t* spare) {
  // As a rule a segment ends with a whole quad of keys, or is the last one.
  std::size_t odd = 0;
  for (std::size_t s = 0; s + 1 < args.key_segments; ++s) odd |= args.keys[s].tokens % 4;
  for (std::size_t quad = 0; quad < quads; ++quad) {
    std::uint8_t* to = values + quad * round_up(args.key_count, 16) * 4;
    if (odd != 0) {
      join_values(args, quad, spare);
      turn_values(spare, args.key_count, to);
      continue;
    }
    for (std::size_t s = 0; s < args.key_segments; ++s) {
      turn_values(quad_row(args, args.v, args.keys[s], quad), args.keys[s].tokens, to);
      to += 4 * args.keys[s].tokens;
    }
  }
}

// Copies [quads][16 W][4] of `count` queries from lane `lane` on, minus 128, 0 outside the head,
// and computes query_term [16 W].
template <int W>
static inline void copy_queries_vnni(const AttentionI8Args& args, std::size_t quads,
                                     std::size_t lane, std::size_t count, std::uint8_t* queries,
                                     __m512i (&terms)[W]) {
  const TokenSegment tokens{args.queries.panel, lane, count};
  const __m512i flip = _mm512_set1_epi8(static_cast<char>(0x80));
  const __m512i ones = _mm512_set1_epi8(1);
  for (int w = 0; w < W; ++w) {
    const std::size_t first = 16 * static_cast<std::size_t>(w);
    const __mmask16 lanes = lane_mask_avx512(count > first ? count - first : 0);
    __m512i sum = _mm512_setzero_si512();
    for (std::size_t quad = 0; quad < quads; ++quad) {
      const std::uint8_t* from = quad_row(args, args.q, tokens, quad) + 4 * first;
      const __m512i bytes = _mm512_xor_si512(_mm512_maskz_loadu_epi32(lanes, from), flip);
      const __m512i query = _mm512_and_si512(bytes, head_bytes(args, quad));
      _mm512_store_si512(queries + (quad * W + w) * 64, query);
      sum = QuadsVnni::add_quad(sum, ones, query);
    }
    const auto zeros = static_cast<std::int32_t>(args.head_size) * (128 - args.q_zero);
    terms[w] = _mm512_mullo_epi32(_mm512_add_epi32(sum, _mm512_set1_epi32(zeros)),
                                  _mm512_set1_epi32(-args.k_zero));
  }
}

}  // namespace filigree::kernels
