// Integer attention of kernels/attention.h with vpdpbusd, 32 queries at a time.
// kernels/internal/attention_i8_copies_vnni.h says how zero points are accounted for.
#include <immintrin.h>

#include <cassert>
#include <cstddef>
#include <cstdint>

#include "kernels/internal/attention_checks.h"
#include "kernels/internal/attention_factors.h"
#include "kernels/internal/attention_i8_copies_vnni.h"
#include "kernels/internal/attention_rounding_avx512.h"
#include "kernels/internal/attention_scratch.h"
#include "kernels/internal/kernels_avx512_vnni.h"
#include "kernels/internal/lanes_avx512.h"
#include "kernels/internal/math_avx512.h"
#include "kernels/internal/softmax_avx512.h"

namespace filigree::kernels {
namespace {

constexpr std::size_t kLanes = 16;
// Keys of a tile of W registers of queries: 16 accumulators.
template <int W>
constexpr int kTile = 16 / W;

struct Call {
  const AttentionI8Args& args;
  std::size_t quads;
  float* scores;  // [keys][16 W], then probabilities u8 [quads of keys][16 W][4]
  float* sums;    // [16 W]
  std::int32_t* key_terms;
  std::uint8_t* values;  // see kernels/internal/attention_scratch.h
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
          .values = reinterpret_cast<std::uint8_t*>(scratch + layout.values),
          .queries = reinterpret_cast<std::uint8_t*>(scratch + layout.queries)};
}

__m512i broadcast_quad(const std::uint8_t* quad) {
  std::int32_t word;
  __builtin_memcpy(&word, quad, sizeof word);
  return _mm512_set1_epi32(word);
}

// N keys of the sequence.
struct Keys {
  const std::uint8_t* quads;  // of features, 4 kPanelTokens bytes apart
  std::size_t first;          // index in the sequence
};

// Scores of N keys. `largest` becomes the largest score of each query so far.
template <int W, int N>
void score_tile(const Call& call, const __m512i (&query_terms)[W], Keys keys,
                __m512 (&largest)[W]) {
  __m512i acc[N][W];
#pragma GCC unroll 16
  for (int n = 0; n < N; ++n)
#pragma GCC unroll 2
    for (int w = 0; w < W; ++w)
      acc[n][w] =
          _mm512_add_epi32(query_terms[w], _mm512_set1_epi32(call.key_terms[keys.first + n]));
  const std::uint8_t* queries = call.queries;
  for (std::size_t quad = 0; quad < call.quads; ++quad) {
    __m512i query[W];
    for (int w = 0; w < W; ++w) query[w] = _mm512_load_si512(queries + 64 * w);
#pragma GCC unroll 16
    for (int n = 0; n < N; ++n) {
      const __m512i key = broadcast_quad(keys.quads + 4 * n);
#pragma GCC unroll 2
      for (int w = 0; w < W; ++w) acc[n][w] = QuadsVnni::add_quad(acc[n][w], key, query[w]);
    }
    keys.quads += 4 * kPanelTokens;
    queries += 64 * W;
  }
  const __m512 scale = _mm512_set1_ps(score_factor(call.args));
  float* scores = call.scores + keys.first * kLanes * W;
  // In registers: for all the compiler knows, `largest` is among the scores.
  __m512 most[W];
  for (int w = 0; w < W; ++w) most[w] = largest[w];
#pragma GCC unroll 16
  for (int n = 0; n < N; ++n)
#pragma GCC unroll 2
    for (int w = 0; w < W; ++w) {
      const __m512 score = _mm512_mul_ps(_mm512_cvtepi32_ps(acc[n][w]), scale);
      _mm512_store_ps(scores + (n * W + w) * kLanes, score);
      most[w] = _mm512_max_ps(most[w], score);
    }
  for (int w = 0; w < W; ++w) largest[w] = most[w];
}

// As score_tile, for `count` < 2 N keys.
template <int W, int N>
void score_rest(const Call& call, const __m512i (&query_terms)[W], Keys keys, std::size_t count,
                __m512 (&largest)[W]) {
  if ((count & N) != 0) {
    score_tile<W, N>(call, query_terms, keys, largest);
    keys.quads += 4 * N;
    keys.first += N;
  }
  if constexpr (N > 1) score_rest<W, N / 2>(call, query_terms, keys, count, largest);
}

template <int W>
void score_keys(const Call& call, const __m512i (&query_terms)[W], __m512 (&largest)[W]) {
  constexpr int kCount = kTile<W>;
  std::size_t first = 0;
  for (std::size_t s = 0; s < call.args.key_segments; ++s) {
    const TokenSegment& segment = call.args.keys[s];
    Keys keys{quad_row(call.args, call.args.k, segment, 0), first};
    first += segment.tokens;
    for (; keys.first + kCount <= first; keys.first += kCount, keys.quads += 4 * kCount)
      score_tile<W, kCount>(call, query_terms, keys, largest);
    score_rest<W, kCount / 2>(call, query_terms, keys, first - keys.first, largest);
  }
}

// Whether clamping a quotient of a probability is what packing 32 bits to u8 does. The quotient is
// in [0, 1 / scale], or NaN, which converts to the smallest number.
bool packing_clamps(const Quantization& p) { return p.zero_point == 0 && p.scale >= 0x1p-20F; }

// Four rows of scores become a row of quads of probabilities minus their zero point, at the same
// place. Those after the last key meet values of 0. Returns (128 - v_zero) * the sum over keys.
template <int W, bool kClamp>
void quantize_probabilities(const Call& call, __m512i (&value_terms)[W]) {
  const QuantizerAvx512 quantizer = quantizer_avx512(call.args.p);
  __m512 inverse[W];
  __m512i sums[W];
  for (int w = 0; w < W; ++w) {
    inverse[w] = _mm512_div_ps(_mm512_set1_ps(1.0F), _mm512_load_ps(call.sums + kLanes * w));
    sums[w] = _mm512_setzero_si512();
  }
  const std::size_t keys = call.args.key_count;
  // What was left in the rows up to a whole quad must not be added to the sums.
  for (std::size_t i = keys * kLanes * W; i < round_up(keys, 4) * kLanes * W; i += kLanes)
    _mm512_store_ps(call.scores + i, _mm512_setzero_ps());
  const float* row = call.scores;
  auto* quads = reinterpret_cast<std::uint8_t*>(call.scores);
  for (std::size_t key = 0; key < keys; key += 4, row += 4 * kLanes * W, quads += 64 * W)
#pragma GCC unroll 2
    for (int w = 0; w < W; ++w) {
      __m512i rows[4];
#pragma GCC unroll 4
      for (int i = 0; i < 4; ++i) {
        const __m512 p = _mm512_mul_ps(_mm512_load_ps(row + (i * W + w) * kLanes), inverse[w]);
        rows[i] = kClamp ? rounded_quotient_avx512(p, quantizer)
                         : unclamped_quotient_avx512(p, quantizer);
      }
      const __m512i quad = quads_of_rows_avx512(rows);
      sums[w] = QuadsVnni::add_quad(sums[w], quad, _mm512_set1_epi8(1));
      _mm512_store_si512(quads + 64 * w, quad);
    }
  for (int w = 0; w < W; ++w)
    value_terms[w] = _mm512_mullo_epi32(sums[w], _mm512_set1_epi32(128 - call.args.v_zero));
}

// Queries of a block in the panel.
struct Lanes {
  std::size_t first;
  std::size_t count;
};

// The features of Q quads; those that belong to another head are not written.
template <int W, int Q>
void value_tile(const Call& call, const __m512i (&value_terms)[W], std::size_t quad, Lanes lanes) {
  __m512i acc[4 * Q][W];
#pragma GCC unroll 16
  for (int n = 0; n < 4 * Q; ++n)
#pragma GCC unroll 2
    for (int w = 0; w < W; ++w) acc[n][w] = value_terms[w];
  const std::size_t row = round_up(call.args.key_count, 16) * 4;
  const std::uint8_t* values = call.values + quad * row;
  const auto* probabilities = reinterpret_cast<const std::uint8_t*>(call.scores);
  for (std::size_t key = 0; key < call.args.key_count; key += 4) {
    __m512i probability[W];
    for (int w = 0; w < W; ++w) probability[w] = _mm512_load_si512(probabilities + 64 * w);
#pragma GCC unroll 16
    for (int n = 0; n < 4 * Q; ++n) {
      const __m512i value = broadcast_quad(values + n / 4 * row + 4 * (n % 4));
#pragma GCC unroll 2
      for (int w = 0; w < W; ++w) acc[n][w] = QuadsVnni::add_quad(acc[n][w], probability[w], value);
    }
    values += 16;
    probabilities += 64 * W;
  }
  const __m512 scale = _mm512_set1_ps(out_factor(call.args));
  const AttentionI8Args& args = call.args;
  float* out = args.out + args.queries.panel * args.out_panel_stride + lanes.first;
  const std::size_t skipped = args.first_feature % 4;
#pragma GCC unroll 16
  for (int n = 0; n < 4 * Q; ++n) {
    const std::size_t at = 4 * quad + n;
    if (at < skipped || at >= skipped + args.head_size) continue;
    float* feature = out + (at - skipped) * kPanelTokens;
#pragma GCC unroll 2
    for (std::size_t w = 0; w < W; ++w)
      if (w * kLanes < lanes.count)
        store_lanes_avx512(feature + w * kLanes,
                           _mm512_mul_ps(_mm512_cvtepi32_ps(acc[n][w]), scale),
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
  if (call.args.score_rounding != nullptr) round_scores_avx512(call.args, call.scores, largest);
  exponentials_avx512({call.scores, call.args.key_count, call.sums}, largest);
  __m512i value_terms[W];
  if (packing_clamps(call.args.p))
    quantize_probabilities<W, false>(call, value_terms);
  else
    quantize_probabilities<W, true>(call, value_terms);
  std::size_t quad = 0;
  for (; quad + 2 <= call.quads; quad += 2) value_tile<W, 2>(call, value_terms, quad, lanes);
  if (quad < call.quads) value_tile<W, 1>(call, value_terms, quad, lanes);
  if (call.args.out_rounding != nullptr) round_outputs_avx512(call.args, lanes.first, lanes.count);
}

}  // namespace

void attention_i8_avx512_vnni(const AttentionI8Args& args) noexcept {
  check_attention(args);
  const Call call = make_call(args);
  if (!args.same_keys) {
    add_up_keys_vnni(args, call.quads, call.key_terms);
    copy_values_vnni(args, call.quads, call.values, reinterpret_cast<std::uint8_t*>(call.scores));
  }
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
