// Integer attention of kernels/attention.h. Products are of 16-bit numbers, two at a time
// (vpmaddwd): maddubs would saturate on two activations.
#include <immintrin.h>

#include <cassert>
#include <cstddef>
#include <cstdint>

#include "kernels/internal/attention_checks.h"
#include "kernels/internal/attention_factors.h"
#include "kernels/internal/attention_i8_copies_avx2.h"
#include "kernels/internal/attention_rounding_avx2.h"
#include "kernels/internal/attention_scratch.h"
#include "kernels/internal/kernels_avx2.h"
#include "kernels/internal/lanes_avx2.h"
#include "kernels/internal/math_avx2.h"

namespace filigree::kernels {
namespace {

// 4 x 16 tiles: 8 accumulators; one quad of features or four keys.
constexpr std::size_t kTile = 4;

struct Call {
  const AttentionI8Args& args;
  std::size_t quads;
  float* scores;       // [keys][16]
  float* sums;         // [16]
  std::int16_t* keys;  // see kernels/internal/attention_scratch.h
  std::int16_t* values;
  std::int16_t* queries;
};

Call make_call(const AttentionI8Args& args) {
  const std::size_t quads = head_quads(args.first_feature, args.head_size);
  const AttentionI8Scratch layout = attention_i8_scratch(quads, args.key_count);
  char* const scratch = static_cast<char*>(args.scratch);
  return {.args = args,
          .quads = quads,
          .scores = reinterpret_cast<float*>(scratch + layout.scores),
          .sums = reinterpret_cast<float*>(scratch + layout.sums),
          .keys = reinterpret_cast<std::int16_t*>(scratch + layout.keys),
          .values = reinterpret_cast<std::int16_t*>(scratch + layout.values),
          .queries = reinterpret_cast<std::int16_t*>(scratch + layout.queries)};
}

__m256i broadcast_pair(const std::int16_t* pair) {
  int both;
  __builtin_memcpy(&both, pair, sizeof both);
  return _mm256_set1_epi32(both);
}

__m256i load(const std::int16_t* numbers) {
  return _mm256_load_si256(reinterpret_cast<const __m256i*>(numbers));
}

// Adds `pairs[n]` of N rows times the 16 pairs of a column block.
template <std::size_t N>
void add_products(__m256i (&acc)[N][2], const std::int16_t* pairs, std::size_t stride,
                  const std::int16_t* column) {
  const __m256i column0 = load(column);
  const __m256i column1 = load(column + kQueryBlock);
  for (std::size_t n = 0; n < N; ++n) {
    const __m256i pair = broadcast_pair(pairs + n * stride);
    acc[n][0] = _mm256_add_epi32(acc[n][0], _mm256_madd_epi16(pair, column0));
    acc[n][1] = _mm256_add_epi32(acc[n][1], _mm256_madd_epi16(pair, column1));
  }
}

template <std::size_t N>
void score_tile(const Call& call, std::size_t key) {
  __m256i acc[N][2];
  for (std::size_t n = 0; n < N; ++n) acc[n][0] = acc[n][1] = _mm256_setzero_si256();
  const std::int16_t* keys = call.keys + 4 * key;
  const std::int16_t* queries = call.queries;
  for (std::size_t quad = 0; quad < call.quads; ++quad) {
    add_products(acc, keys, 4, queries);
    add_products(acc, keys + 2, 4, queries + 2 * kQueryBlock);
    keys += 4 * call.args.key_count;
    queries += 4 * kQueryBlock;
  }
  const __m256 scale = _mm256_set1_ps(score_factor(call.args));
  float* scores = call.scores + key * kQueryBlock;
  for (std::size_t n = 0; n < N; ++n)
    for (std::size_t half = 0; half < 2; ++half)
      _mm256_store_ps(scores + n * kQueryBlock + 8 * half,
                      _mm256_mul_ps(_mm256_cvtepi32_ps(acc[n][half]), scale));
}

void score_keys(const Call& call) {
  std::size_t key = 0;
  for (; key + kTile <= call.args.key_count; key += kTile) score_tile<kTile>(call, key);
  switch (call.args.key_count - key) {
    case 1:
      return score_tile<1>(call, key);
    case 2:
      return score_tile<2>(call, key);
    case 3:
      return score_tile<3>(call, key);
    default:
      return;
  }
}

// Rows 2 j and 2 j + 1 of the scores become row j of [pairs of keys][16][2] at the same place,
// minus their zero point. An odd last key is paired with whatever follows it, which meets a value
// of 0.
void quantize_probabilities(const Call& call) {
  const QuantizerAvx2 quantizer = quantizer_avx2(call.args.p);
  __m256 inverse[2];
  for (std::size_t half = 0; half < 2; ++half)
    inverse[half] = _mm256_div_ps(_mm256_set1_ps(1.0F), _mm256_load_ps(call.sums + 8 * half));
  const float* row = call.scores;
  float* pairs = call.scores;
  for (std::size_t key = 0; key < call.args.key_count;
       key += 2, row += 2 * kQueryBlock, pairs += kQueryBlock) {
    __m256i pair[2];
#pragma GCC unroll 2
    for (std::size_t half = 0; half < 2; ++half) {
      const __m256 p0 = _mm256_mul_ps(_mm256_load_ps(row + 8 * half), inverse[half]);
      const __m256 p1 = _mm256_mul_ps(_mm256_load_ps(row + kQueryBlock + 8 * half), inverse[half]);
      // [p0 p1 | p0 p1 | ...], int16
      pair[half] = _mm256_blend_epi16(quotient_avx2(p0, quantizer),
                                      _mm256_slli_epi32(quotient_avx2(p1, quantizer), 16), 0xAA);
    }
#pragma GCC unroll 2
    for (std::size_t half = 0; half < 2; ++half)
      _mm256_store_si256(reinterpret_cast<__m256i*>(pairs + 8 * half), pair[half]);
  }
}

// The four features of a quad; those that belong to another head are not written.
void value_tile(const Call& call, std::size_t quad, std::size_t lane, std::size_t queries) {
  __m256i acc[kTile][2];
  for (std::size_t n = 0; n < kTile; ++n) acc[n][0] = acc[n][1] = _mm256_setzero_si256();
  const std::size_t pairs = (call.args.key_count + 1) / 2;
  const std::int16_t* values = call.values + quad * pairs * 8;
  const auto* probabilities = reinterpret_cast<const std::int16_t*>(call.scores);
  for (std::size_t pair = 0; pair < pairs; ++pair)
    add_products(acc, values + 8 * pair, 2, probabilities + pair * 2 * kQueryBlock);

  const __m256 scale = _mm256_set1_ps(out_factor(call.args));
  float* out = call.args.out + call.args.queries.panel * call.args.out_panel_stride + lane;
  const std::size_t skipped = call.args.first_feature % 4;
  for (std::size_t n = 0; n < kTile; ++n) {
    if (4 * quad + n < skipped || 4 * quad + n >= skipped + call.args.head_size) continue;
    float* row = out + (4 * quad + n - skipped) * kPanelTokens;
    store_lanes_avx2(row, _mm256_mul_ps(_mm256_cvtepi32_ps(acc[n][0]), scale), queries);
    store_lanes_avx2(row + 8, _mm256_mul_ps(_mm256_cvtepi32_ps(acc[n][1]), scale),
                     lanes_after_8(queries));
  }
}

}  // namespace

void attention_i8_avx2(const AttentionI8Args& args) noexcept {
  check_attention(args);
  const Call call = make_call(args);
  if (!args.same_keys) {
    copy_keys(args, call.quads, call.keys);
    copy_values(args, call.quads, call.values);
  }
  for (std::size_t done = 0; done < args.queries.tokens; done += kQueryBlock) {
    const std::size_t rest = args.queries.tokens - done;
    const std::size_t queries = rest < kQueryBlock ? rest : kQueryBlock;
    const std::size_t lane = args.queries.lane + done;
    copy_queries(args, call.quads, lane, queries, call.queries);
    score_keys(call);
    if (args.score_rounding != nullptr) round_scores_avx2(args, call.scores);
    softmax_avx2({call.scores, args.key_count, call.sums});
    quantize_probabilities(call);
    for (std::size_t quad = 0; quad < call.quads; ++quad) value_tile(call, quad, lane, queries);
    if (args.out_rounding != nullptr) round_outputs_avx2(args, lane, queries);
  }
}

}  // namespace filigree::kernels
