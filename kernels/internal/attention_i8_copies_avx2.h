// Copies of Q, K and V for integer attention: bytes minus their zero point as 16-bit numbers, in
// pairs for vpmaddwd, laid out as kernels/internal/attention_scratch.h says.
#pragma once

#include <immintrin.h>

#include <cstddef>
#include <cstdint>

#include "kernels/attention.h"
#include "kernels/internal/attention_scratch.h"
#include "kernels/internal/lanes_avx2.h"

namespace filigree::kernels {

static constexpr std::size_t kQuadRow =
    4 * kPanelTokens;  // bytes of one quad of features in a panel

// All ones in the 16-bit lanes of a quad that belong to the head: its first and last quad may be
// shared with others.
static inline std::int64_t head_lanes(const AttentionI8Args& args, std::size_t quad) {
  std::uint64_t lanes = 0;
  for (std::size_t i = 0; i < 4; ++i) {
    const std::size_t feature = (args.first_feature / 4 + quad) * 4 + i;
    if (feature >= args.first_feature && feature < args.first_feature + args.head_size)
      lanes |= std::uint64_t{0xFFFF} << (16 * i);
  }
  return static_cast<std::int64_t>(lanes);
}

static inline const std::uint8_t* quad_row(const AttentionI8Args& args, const std::uint8_t* panels,
                                           const TokenSegment& tokens, std::size_t quad) {
  return panels + tokens.panel * args.u8_panel_stride + (args.first_feature / 4 + quad) * kQuadRow +
         4 * tokens.lane;
}

// keys[4 t + i] = k[t][i] - k_zero, 0 for features outside the head.
static inline void copy_key_segment(const AttentionI8Args& args, const TokenSegment& segment,
                                    std::size_t quad, std::int16_t* keys) {
  const std::uint8_t* k = quad_row(args, args.k, segment, quad);
  const __m256i zero = _mm256_set1_epi16(static_cast<std::int16_t>(args.k_zero));
  const __m256i head = _mm256_set1_epi64x(head_lanes(args, quad));
  std::size_t t = 0;
  for (; t + 4 <= segment.tokens; t += 4) {
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(k + 4 * t));
    const __m256i numbers = _mm256_sub_epi16(_mm256_cvtepu8_epi16(bytes), zero);
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(keys + 4 * t), _mm256_and_si256(numbers, head));
  }
  const std::uint64_t lanes = static_cast<std::uint64_t>(head_lanes(args, quad));
  for (; t < segment.tokens; ++t)
    for (std::size_t i = 0; i < 4; ++i)
      keys[4 * t + i] = (lanes >> (16 * i) & 1) != 0
                            ? static_cast<std::int16_t>(k[4 * t + i] - args.k_zero)
                            : std::int16_t{0};
}

// Copies [quads][keys][4].
static inline void copy_keys(const AttentionI8Args& args, std::size_t quads, std::int16_t* keys) {
  for (std::size_t quad = 0; quad < quads; ++quad)
    for (std::size_t segment = 0; segment < args.key_segments; ++segment) {
      copy_key_segment(args, args.keys[segment], quad, keys);
      keys += 4 * args.keys[segment].tokens;
    }
}

// One key of a pair: values[8 (key / 2) + 2 i + key % 2] = v[i] - v_zero.
static inline void copy_value(const std::uint8_t* v, std::int32_t zero, std::size_t key,
                              std::int16_t* values) {
  for (std::size_t i = 0; i < 4; ++i)
    values[key / 2 * 8 + 2 * i + key % 2] = static_cast<std::int16_t>(v[i] - zero);
}

// `key` is the number of the segment's first key.
static inline void copy_value_segment(const AttentionI8Args& args, const TokenSegment& segment,
                                      std::size_t quad, std::size_t key, std::int16_t* values) {
  const std::uint8_t* v = quad_row(args, args.v, segment, quad);
  const __m256i zero = _mm256_set1_epi16(static_cast<std::int16_t>(args.v_zero));
  // [a0 a1 a2 a3 | b0 b1 b2 b3 | c.. | d..] to [a0 b0 a1 b1 a2 b2 a3 b3 | c0 d0 ..]
  const __m128i in_pairs = _mm_setr_epi8(0, 4, 1, 5, 2, 6, 3, 7, 8, 12, 9, 13, 10, 14, 11, 15);
  std::size_t t = 0;
  if (key % 2 != 0) copy_value(v + 4 * t++, args.v_zero, key, values);
  for (; t + 4 <= segment.tokens; t += 4) {
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(v + 4 * t));
    const __m256i numbers = _mm256_cvtepu8_epi16(_mm_shuffle_epi8(bytes, in_pairs));
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(values + (key + t) / 2 * 8),
                        _mm256_sub_epi16(numbers, zero));
  }
  for (; t < segment.tokens; ++t) copy_value(v + 4 * t, args.v_zero, key + t, values);
}

// Copies [quads][pairs of keys][4][2]; the partner of an odd last key is 0.
static inline void copy_values(const AttentionI8Args& args, std::size_t quads,
                               std::int16_t* values) {
  const std::size_t row = round_up(args.key_count, 2) * 4;
  for (std::size_t quad = 0; quad < quads; ++quad, values += row) {
    std::size_t key = 0;
    for (std::size_t segment = 0; segment < args.key_segments; ++segment) {
      copy_value_segment(args, args.keys[segment], quad, key, values);
      key += args.keys[segment].tokens;
    }
    constexpr std::uint8_t kNothing[4] = {};
    if (key % 2 != 0) copy_value(kNothing, 0, key, values);
  }
}

// Copies [quads][2 pairs of features][16][2] of `count` queries from lane `lane` on; lanes without
// a query get -q_zero.
static inline void copy_queries(const AttentionI8Args& args, std::size_t quads, std::size_t lane,
                                std::size_t count, std::int16_t* queries) {
  const __m256i zero = _mm256_set1_epi16(static_cast<std::int16_t>(args.q_zero));
  const __m256i first = _mm256_set1_epi32(0xFF);
  const __m256i second = _mm256_set1_epi32(0xFF00);
  const TokenSegment tokens{args.queries.panel, lane, count};
  for (std::size_t quad = 0; quad < quads; ++quad, queries += 4 * kQueryBlock)
    for (std::size_t half = 0; half < 2; ++half) {
      const std::size_t lanes = half == 0 ? count : lanes_after_8(count);
      const auto* from =
          reinterpret_cast<const int*>(quad_row(args, args.q, tokens, quad)) + 8 * half;
      __m256i quads_of_8 = _mm256_maskload_epi32(from, lane_mask_avx2(lanes < 8 ? lanes : 8));
      for (std::size_t pair = 0; pair < 2; ++pair) {
        // [f0 f1 f2 f3] bytes to [f0 f1] as 16-bit numbers, then [f2 f3].
        const __m256i numbers =
            _mm256_or_si256(_mm256_and_si256(quads_of_8, first),
                            _mm256_slli_epi32(_mm256_and_si256(quads_of_8, second), 8));
        _mm256_store_si256(
            reinterpret_cast<__m256i*>(queries + (pair * kQueryBlock + 8 * half) * 2),
            _mm256_sub_epi16(numbers, zero));
        quads_of_8 = _mm256_srli_epi32(quads_of_8, 16);
      }
    }
}

}  // namespace filigree::kernels
