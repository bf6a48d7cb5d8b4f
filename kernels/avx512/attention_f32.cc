// Float attention of kernels/attention.h. Queries are copied to [d][16 W], aligned and padded with
// zeros; keys and values are read where they are, one number at a time by broadcast, so that it
// does not matter at which lane a sequence begins.
#include <immintrin.h>

#include <cassert>
#include <cstddef>
#include <cstdint>

#include "kernels/internal/attention_checks.h"
#include "kernels/internal/attention_scratch.h"
#include "kernels/internal/kernels_avx512.h"
#include "kernels/internal/lanes_avx512.h"
#include "kernels/internal/softmax_avx512.h"

namespace filigree::kernels {
namespace {

// Tiles of 8 keys or features x 2 registers of queries: 16 accumulators and 10 loads for 16 fma.
// One register would need a load for each fma, and an fma cannot start each cycle with a load.
constexpr std::size_t kTile = 8;
constexpr std::size_t kLanes = 16;

// 16 W queries.
struct Block {
  const AttentionF32Args& args;
  std::size_t offset;   // floats from the head's feature 0, lane 0 of panel 0 to the first query
  std::size_t queries;  // 1..16 W
  float* q;             // [head_size][16 W]
  float* scores;        // [keys][16 W]
  float* sums;          // [16 W]
};

// scores[n][i] = (sum over d of k[d, n] * q[d, i]) * scale for N keys.
template <int W, int N>
void score_tile(const Block& block, const float* k, float* scores) {
  __m512 acc[N][W];
  for (int n = 0; n < N; ++n)
    for (int w = 0; w < W; ++w) acc[n][w] = _mm512_setzero_ps();
  const float* q = block.q;
  for (std::size_t d = 0; d < block.args.head_size; ++d, q += kLanes * W, k += kPanelTokens) {
    __m512 query[W];
    for (int w = 0; w < W; ++w) query[w] = _mm512_load_ps(q + kLanes * w);
    for (int n = 0; n < N; ++n) {
      const __m512 key = _mm512_set1_ps(k[n]);
      for (int w = 0; w < W; ++w) acc[n][w] = _mm512_fmadd_ps(key, query[w], acc[n][w]);
    }
  }
  const __m512 scale = _mm512_set1_ps(block.args.score_scale);
  for (int n = 0; n < N; ++n)
    for (int w = 0; w < W; ++w)
      _mm512_store_ps(scores + (n * W + w) * kLanes, _mm512_mul_ps(acc[n][w], scale));
}

// The last keys of a segment, fewer than a tile.
template <int W>
void score_rest(const Block& block, std::size_t keys, const float* k, float* scores) {
  const std::size_t row = kLanes * W;
  if ((keys & 4) != 0) {
    score_tile<W, 4>(block, k, scores);
    k += 4;
    scores += 4 * row;
  }
  if ((keys & 2) != 0) {
    score_tile<W, 2>(block, k, scores);
    k += 2;
    scores += 2 * row;
  }
  if ((keys & 1) != 0) score_tile<W, 1>(block, k, scores);
}

template <int W>
void score_keys(const Block& block) {
  float* scores = block.scores;
  for (std::size_t segment = 0; segment < block.args.key_segments; ++segment) {
    const TokenSegment& keys = block.args.keys[segment];
    const float* k = block.args.k + keys.panel * block.args.panel_stride + keys.lane;
    std::size_t rest = keys.tokens;
    for (; rest >= kTile; rest -= kTile, k += kTile, scores += kTile * kLanes * W)
      score_tile<W, kTile>(block, k, scores);
    score_rest<W>(block, rest, k, scores);
    scores += rest * kLanes * W;
  }
}

// out[f + n, i] = (sum over j of v[f + n, j] * p[j, i]) * inverse[i] for N features.
template <int W, int N>
void value_tile(const Block& block, std::size_t feature, const __m512 (&inverse)[W]) {
  __m512 acc[N][W];
  for (int n = 0; n < N; ++n)
    for (int w = 0; w < W; ++w) acc[n][w] = _mm512_setzero_ps();
  const float* p = block.scores;
  for (std::size_t segment = 0; segment < block.args.key_segments; ++segment) {
    const TokenSegment& keys = block.args.keys[segment];
    const float* v =
        block.args.v + keys.panel * block.args.panel_stride + feature * kPanelTokens + keys.lane;
    for (std::size_t t = 0; t < keys.tokens; ++t, p += kLanes * W, ++v) {
      __m512 probability[W];
      for (int w = 0; w < W; ++w) probability[w] = _mm512_load_ps(p + kLanes * w);
      for (int n = 0; n < N; ++n) {
        const __m512 value = _mm512_set1_ps(v[n * kPanelTokens]);
        for (int w = 0; w < W; ++w) acc[n][w] = _mm512_fmadd_ps(value, probability[w], acc[n][w]);
      }
    }
  }
  float* out = block.args.out + block.offset + feature * kPanelTokens;
  for (int n = 0; n < N; ++n, out += kPanelTokens)
    for (std::size_t w = 0; w < W && w * kLanes < block.queries; ++w)
      store_lanes_avx512(out + w * kLanes, _mm512_mul_ps(acc[n][w], inverse[w]),
                         block.queries - w * kLanes);
}

template <int W>
void weigh_values(const Block& block) {
  __m512 inverse[W];
  for (int w = 0; w < W; ++w)
    inverse[w] = _mm512_div_ps(_mm512_set1_ps(1.0F), _mm512_load_ps(block.sums + kLanes * w));
  std::size_t feature = 0;
  for (; feature + kTile <= block.args.head_size; feature += kTile)
    value_tile<W, kTile>(block, feature, inverse);
  const std::size_t rest = block.args.head_size - feature;
  if ((rest & 4) != 0) value_tile<W, 4>(block, feature, inverse);
  if ((rest & 2) != 0) value_tile<W, 2>(block, feature + (rest & 4), inverse);
  if ((rest & 1) != 0) value_tile<W, 1>(block, feature + (rest & 6), inverse);
}

template <int W>
void copy_queries(const Block& block) {
  const float* q = block.args.q + block.offset;
  float* copy = block.q;
  for (std::size_t d = 0; d < block.args.head_size; ++d, q += kPanelTokens)
    for (std::size_t w = 0; w < W; ++w, copy += kLanes)
      _mm512_store_ps(copy, w * kLanes < block.queries
                                ? load_lanes_avx512(q + w * kLanes, block.queries - w * kLanes)
                                : _mm512_setzero_ps());
}

template <int W>
void attend(const Block& block) {
  copy_queries<W>(block);
  score_keys<W>(block);
  softmax_block_avx512<W>({block.scores, block.args.key_count, block.sums});
  weigh_values<W>(block);
}

}  // namespace

void attention_f32_avx512(const AttentionF32Args& args) noexcept {
  check_attention(args);
  const AttentionF32Scratch layout =
      attention_f32_scratch(args.head_size, args.key_count, kWideQueryBlock);
  char* const scratch = static_cast<char*>(args.scratch);
  for (std::size_t done = 0; done < args.queries.tokens; done += kWideQueryBlock) {
    const std::size_t rest = args.queries.tokens - done;
    const Block block{.args = args,
                      .offset = args.queries.panel * args.panel_stride + args.queries.lane + done,
                      .queries = rest < kWideQueryBlock ? rest : kWideQueryBlock,
                      .q = reinterpret_cast<float*>(scratch + layout.queries),
                      .scores = reinterpret_cast<float*>(scratch + layout.scores),
                      .sums = reinterpret_cast<float*>(scratch + layout.sums)};
    if (block.queries > kLanes)
      attend<2>(block);
    else
      attend<1>(block);
  }
}

}  // namespace filigree::kernels
