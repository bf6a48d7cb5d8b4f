// Integer attention of kernels/attention.h. Products are of 16-bit numbers, two at a time
// (vpmaddwd): maddubs would saturate on two activations. The copies are those of AVX2.
#include <immintrin.h>

#include <cassert>
#include <cstddef>
#include <cstdint>

#include "kernels/internal/attention_checks.h"
#include "kernels/internal/attention_factors.h"
#include "kernels/internal/attention_i8_copies_avx2.h"
#include "kernels/internal/attention_rounding_avx512.h"
#include "kernels/internal/attention_scratch.h"
#include "kernels/internal/kernels_avx512.h"
#include "kernels/internal/lanes_avx512.h"
#include "kernels/internal/math_avx512.h"
#include "kernels/internal/softmax_avx512.h"

namespace filigree::kernels {
namespace {

// 8 x 16 tiles: 8 accumulators; 8 keys, or the features of two quads.
constexpr std::size_t kTile = 8;

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

__m512i broadcast_pair(const std::int16_t* pair) {
  int both;
  __builtin_memcpy(&both, pair, sizeof both);
  return _mm512_set1_epi32(both);
}

// Adds `pairs[n]` of N rows times the 16 pairs of a column.
template <std::size_t N>
void add_products(__m512i (&acc)[N], const std::int16_t* pairs, std::size_t stride,
                  const std::int16_t* column) {
  const __m512i x = _mm512_load_si512(column);
  for (std::size_t n = 0; n < N; ++n)
    acc[n] = _mm512_add_epi32(acc[n], _mm512_madd_epi16(broadcast_pair(pairs + n * stride), x));
}

template <std::size_t N>
void score_tile(const Call& call, std::size_t key) {
  __m512i acc[N];
  for (std::size_t n = 0; n < N; ++n) acc[n] = _mm512_setzero_si512();
  const std::int16_t* keys = call.keys + 4 * key;
  const std::int16_t* queries = call.queries;
  for (std::size_t quad = 0; quad < call.quads; ++quad) {
    add_products(acc, keys, 4, queries);
    add_products(acc, keys + 2, 4, queries + 2 * kQueryBlock);
    keys += 4 * call.args.key_count;
    queries += 4 * kQueryBlock;
  }
  const __m512 scale = _mm512_set1_ps(score_factor(call.args));
  float* scores = call.scores + key * kQueryBlock;
  for (std::size_t n = 0; n < N; ++n)
    _mm512_store_ps(scores + n * kQueryBlock, _mm512_mul_ps(_mm512_cvtepi32_ps(acc[n]), scale));
}

void score_keys(const Call& call) {
  std::size_t key = 0;
  for (; key + kTile <= call.args.key_count; key += kTile) score_tile<kTile>(call, key);
  const std::size_t rest = call.args.key_count - key;
  if ((rest & 4) != 0) score_tile<4>(call, key);
  key += rest & 4;
  if ((rest & 2) != 0) score_tile<2>(call, key);
  key += rest & 2;
  if ((rest & 1) != 0) score_tile<1>(call, key);
}

// Rows 2 j and 2 j + 1 of the scores become row j of [pairs of keys][16][2] at the same place, each
// probability minus its zero point. An odd last key is paired with whatever follows it, which meets
// a value of 0.
void quantize_probabilities(const Call& call) {
  const QuantizerAvx512 quantizer = quantizer_avx512(call.args.p);
  const __m512 inverse = _mm512_div_ps(_mm512_set1_ps(1.0F), _mm512_load_ps(call.sums));
  const float* row = call.scores;
  float* pairs = call.scores;
  for (std::size_t key = 0; key < call.args.key_count;
       key += 2, row += 2 * kQueryBlock, pairs += kQueryBlock) {
    const __m512 p0 = _mm512_mul_ps(_mm512_load_ps(row), inverse);
    const __m512 p1 = _mm512_mul_ps(_mm512_load_ps(row + kQueryBlock), inverse);
    const __m512i low = rounded_quotient_avx512(p0, quantizer);
    const __m512i high = _mm512_slli_epi32(rounded_quotient_avx512(p1, quantizer), 16);
    // [p0 | p1] words; p0 is not negative.
    _mm512_store_si512(pairs, _mm512_or_si512(low, high));
  }
}

// Queries of a block in the panel.
struct Lanes {
  std::size_t first;
  std::size_t count;
};

// The features of N / 4 quads; those that belong to another head are not written.
template <std::size_t N>
void value_tile(const Call& call, std::size_t quad, Lanes lanes) {
  const AttentionI8Args& args = call.args;
  __m512i acc[N / 4][4];
  for (auto& four : acc)
    for (__m512i& sum : four) sum = _mm512_setzero_si512();
  const std::size_t pairs = (args.key_count + 1) / 2;
  const std::int16_t* values = call.values + quad * pairs * 8;
  const auto* probabilities = reinterpret_cast<const std::int16_t*>(call.scores);
  for (std::size_t pair = 0; pair < pairs; ++pair)
    for (std::size_t q = 0; q < N / 4; ++q)
      add_products(acc[q], values + 8 * (q * pairs + pair), 2,
                   probabilities + pair * 2 * kQueryBlock);

  const __m512 scale = _mm512_set1_ps(out_factor(args));
  float* out = args.out + args.queries.panel * args.out_panel_stride + lanes.first;
  const std::size_t skipped = args.first_feature % 4;
  for (std::size_t n = 0; n < N; ++n) {
    if (4 * quad + n < skipped || 4 * quad + n >= skipped + args.head_size) continue;
    store_lanes_avx512(out + (4 * quad + n - skipped) * kPanelTokens,
                       _mm512_mul_ps(_mm512_cvtepi32_ps(acc[n / 4][n % 4]), scale), lanes.count);
  }
}

}  // namespace

void attention_i8_avx512(const AttentionI8Args& args) noexcept {
  check_attention(args);
  const Call call = make_call(args);
  if (!args.same_keys) {
    copy_keys(args, call.quads, call.keys);
    copy_values(args, call.quads, call.values);
  }
  for (std::size_t done = 0; done < args.queries.tokens; done += kQueryBlock) {
    const std::size_t rest = args.queries.tokens - done;
    const Lanes lanes{args.queries.lane + done, rest < kQueryBlock ? rest : kQueryBlock};
    copy_queries(args, call.quads, lanes.first, lanes.count, call.queries);
    score_keys(call);
    __m512 largest[1];
    if (args.score_rounding != nullptr)
      round_scores_avx512(args, call.scores, largest);
    else
      largest_scores({call.scores, args.key_count, call.sums}, largest);
    exponentials_avx512({call.scores, args.key_count, call.sums}, largest);
    quantize_probabilities(call);
    std::size_t quad = 0;
    for (; quad + 2 <= call.quads; quad += 2) value_tile<kTile>(call, quad, lanes);
    if (quad < call.quads) value_tile<4>(call, quad, lanes);
    if (args.out_rounding != nullptr) round_outputs_avx512(args, lanes.first, lanes.count);
  }
}

}  // namespace filigree::kernels
