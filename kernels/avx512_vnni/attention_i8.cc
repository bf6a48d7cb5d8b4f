// Integer attention of kernels/attention.h with vpdpbusd, 32 queries at a time.
// kernels/internal/attention_i8_copies_vnni.h says how zero points are accounted for.
#include <immintrin.h>

#include <cassert>
#include <cstddef>
#include <cstdint>

#include "kernels/internal/attention_checks.h"
#include "kernels/internal/attention_i8_copies_vnni.h"
#include "kernels/internal/attention_scratch.h"
#include "kernels/internal/kernels_avx512_vnni.h"
#include "kernels/internal/lanes_avx512.h"
#include "kernels/internal/math_avx512.h"
#include "kernels/internal/softmax_avx512.h"

namespace filigree::kernels {
namespace {

constexpr std::size_t kLanes = 16;
// Tiles of 12 keys, or the 8 features of two quads, x 2 registers of queries: 24 or 16
// accumulators.
constexpr std::size_t kTile = 12;

struct Call {
  const AttentionI8Args& args;
  std::size_t quads;
  float* scores;  // [keys][16 W], then probabilities u8 [quads of keys][16 W][4]
  float* sums;    // [16 W]
  std::int32_t* key_terms;
  std::uint8_t* keys;  // see kernels/internal/attention_scratch.h
  std::uint8_t* values;
  std::uint8_t* queries;
};

Call make_call(const AttentionI8Args& args) {
  const std::size_t quads = head_quads(args.first_feature, args.head_size);
  const AttentionVnniScratch layout = attention_vnni_scratch(quads, args.key_count);
  char* const scratch = static_cast<char*>(args.scratch);
  return {.args = args,
          .quads = quads,
          .scores = reinterpret_cast<float*>(scratch + layout.scores),
          .sums = reinterpret_cast<float*>(scratch + layout.sums),
          .key_terms = reinterpret_cast<std::int32_t*>(scratch + layout.key_terms),
          .keys = reinterpret_cast<std::uint8_t*>(scratch + layout.keys),
          .values = reinterpret_cast<std::uint8_t*>(scratch + layout.values),
          .queries = reinterpret_cast<std::uint8_t*>(scratch + layout.queries)};
}

__m512i broadcast_quad(const std::uint8_t* quad) {
  std::int32_t word;
  __builtin_memcpy(&word, quad, sizeof word);
  return _mm512_set1_epi32(word);
}

// Adds to acc[n][w] the quads of N keys or features, `stride` bytes apart, times a column of W
// registers.
template <int N, int W>
void add_products(__m512i (&acc)[N][W], const std::uint8_t* quads, std::size_t stride,
                  const std::uint8_t* column) {
  __m512i x[W];
  for (int w = 0; w < W; ++w) x[w] = _mm512_load_si512(column + 64 * w);
  for (int n = 0; n < N; ++n) {
    const __m512i quad = broadcast_quad(quads + n * stride);
    for (int w = 0; w < W; ++w) acc[n][w] = QuadsVnni::add_quad(acc[n][w], x[w], quad);
  }
}

template <int W, int N>
void score_tile(const Call& call, const __m512i (&query_terms)[W], std::size_t key,
                __m512 (&largest)[W]) {
  __m512i acc[N][W];
  for (int n = 0; n < N; ++n)
    for (int w = 0; w < W; ++w)
      acc[n][w] = _mm512_add_epi32(query_terms[w], _mm512_set1_epi32(call.key_terms[key + n]));
  const std::size_t row = round_up(call.args.key_count, 16) * 4;
  const std::uint8_t* keys = call.keys + 4 * key;
  const std::uint8_t* queries = call.queries;
  for (std::size_t quad = 0; quad < call.quads; ++quad, keys += row, queries += 64 * W)
    add_products(acc, keys, 4, queries);
  const __m512 scale = _mm512_set1_ps(call.args.score_scale);
  float* scores = call.scores + key * kLanes * W;
  for (int n = 0; n < N; ++n)
    for (int w = 0; w < W; ++w) {
      const __m512 score = _mm512_mul_ps(_mm512_cvtepi32_ps(acc[n][w]), scale);
      _mm512_store_ps(scores + (n * W + w) * kLanes, score);
      largest[w] = _mm512_max_ps(largest[w], score);
    }
}

template <int W>
void score_keys(const Call& call, const __m512i (&query_terms)[W], __m512 (&largest)[W]) {
  std::size_t key = 0;
  for (; key + kTile <= call.args.key_count; key += kTile)
    score_tile<W, kTile>(call, query_terms, key, largest);
  const std::size_t rest = call.args.key_count - key;
  if ((rest & 8) != 0) score_tile<W, 8>(call, query_terms, key, largest);
  key += rest & 8;
  if ((rest & 4) != 0) score_tile<W, 4>(call, query_terms, key, largest);
  key += rest & 4;
  if ((rest & 2) != 0) score_tile<W, 2>(call, query_terms, key, largest);
  key += rest & 2;
  if ((rest & 1) != 0) score_tile<W, 1>(call, query_terms, key, largest);
}

// Four rows of scores become a row of quads of probabilities minus their zero point, at the same
// place. Those after the last key meet values of 0. Returns (128 - v_zero) * the sum over keys.
template <int W>
void quantize_probabilities(const Call& call, __m512i (&value_terms)[W]) {
  const QuantizerAvx512 quantizer = quantizer_avx512(call.args.p);
  __m512 inverse[W];
  for (int w = 0; w < W; ++w) {
    inverse[w] = _mm512_div_ps(_mm512_set1_ps(1.0F), _mm512_load_ps(call.sums + kLanes * w));
    value_terms[w] = _mm512_setzero_si512();
  }
  const std::size_t keys = call.args.key_count;
  // What was left in the rows up to a whole quad must not be added to the sums.
  for (std::size_t i = keys * kLanes * W; i < round_up(keys, 4) * kLanes * W; i += kLanes)
    _mm512_store_ps(call.scores + i, _mm512_setzero_ps());
  const float* row = call.scores;
  auto* quads = reinterpret_cast<std::uint8_t*>(call.scores);
  for (std::size_t key = 0; key < keys; key += 4, row += 4 * kLanes * W, quads += 64 * W)
    for (int w = 0; w < W; ++w) {
      __m512i rows[4];
      for (int i = 0; i < 4; ++i) {
        const __m512 p = _mm512_mul_ps(_mm512_load_ps(row + (i * W + w) * kLanes), inverse[w]);
        rows[i] = rounded_quotient_avx512(p, quantizer);
      }
      const __m512i quad = quads_of_rows_avx512(rows);
      value_terms[w] = QuadsVnni::add_quad(value_terms[w], quad, _mm512_set1_epi8(1));
      _mm512_store_si512(quads + 64 * w, quad);
    }
  for (int w = 0; w < W; ++w)
    value_terms[w] = _mm512_mullo_epi32(value_terms[w], _mm512_set1_epi32(128 - call.args.v_zero));
}

// Queries of a block in the panel.
struct Lanes {
  std::size_t first;
  std::size_t count;
};

// The features of Q quads; those that belong to another head are not written.
template <int W, int Q>
void value_tile(const Call& call, const __m512i (&value_terms)[W], std::size_t quad, Lanes lanes) {
  __m512i acc[Q][4][W];
  for (int q = 0; q < Q; ++q)
    for (int n = 0; n < 4; ++n)
      for (int w = 0; w < W; ++w) acc[q][n][w] = value_terms[w];
  const std::size_t row = round_up(call.args.key_count, 16) * 4;
  const std::uint8_t* values = call.values + quad * row;
  const auto* probabilities = reinterpret_cast<const std::uint8_t*>(call.scores);
  for (std::size_t key = 0; key < call.args.key_count;
       key += 4, values += 16, probabilities += 64 * W)
    for (int q = 0; q < Q; ++q) add_products(acc[q], values + q * row, 4, probabilities);

  const __m512 scale = _mm512_set1_ps(call.args.out_scale);
  const AttentionI8Args& args = call.args;
  float* out = args.out + args.queries.panel * args.out_panel_stride + lanes.first;
  const std::size_t skipped = args.first_feature % 4;
  for (std::size_t n = 0; n < 4 * Q; ++n) {
    if (4 * quad + n < skipped || 4 * quad + n >= skipped + args.head_size) continue;
    float* feature = out + (4 * quad + n - skipped) * kPanelTokens;
    for (std::size_t w = 0; w < W && w * kLanes < lanes.count; ++w)
      store_lanes_avx512(feature + w * kLanes,
                         _mm512_mul_ps(_mm512_cvtepi32_ps(acc[n / 4][n % 4][w]), scale),
                         lanes.count - w * kLanes);
  }
}

template <int W>
void attend(const Call& call, Lanes lanes) {
  __m512i query_terms[W];
  copy_queries_vnni(call.args, call.quads, lanes.first, lanes.count, call.queries, query_terms);
  __m512 largest[W];
  for (int w = 0; w < W; ++w) largest[w] = _mm512_set1_ps(-__builtin_inff());
  score_keys(call, query_terms, largest);
  exponentials_avx512({call.scores, call.args.key_count, call.sums}, largest);
  __m512i value_terms[W];
  quantize_probabilities(call, value_terms);
  std::size_t quad = 0;
  for (; quad + 2 <= call.quads; quad += 2) value_tile<W, 2>(call, value_terms, quad, lanes);
  if (quad < call.quads) value_tile<W, 1>(call, value_terms, quad, lanes);
}

}  // namespace

void attention_i8_avx512_vnni(const AttentionI8Args& args) noexcept {
  check_attention(args);
  const Call call = make_call(args);
  copy_keys_vnni(args, call.quads, call.keys, call.key_terms);
  copy_values_vnni(args, call.quads, call.values);
  for (std::size_t done = 0; done < args.queries.tokens; done += kWideQueryBlock) {
    const std::size_t rest = args.queries.tokens - done;
    const Lanes lanes{args.queries.lane + done, rest < kWideQueryBlock ? rest : kWideQueryBlock};
    if (lanes.count > kLanes)
      attend<2>(call, lanes);
    else
      attend<1>(call, lanes);
  }
}

}  // namespace filigree::kernels
