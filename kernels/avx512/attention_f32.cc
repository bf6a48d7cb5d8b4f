// Float attention of kernels/attention.h. Queries are copied to [d][16 W], aligned and padded with
// zeros; keys and values are read where they are, one number at a time by broadcast, so that it
// does not matter at which lane a sequence begins.
#include <immintrin.h>

#include <cassert>
#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "kernels/internal/attention_checks.h"
#include "kernels/internal/attention_scratch.h"
#include "kernels/internal/kernels_avx512.h"
#include "kernels/internal/lanes_avx512.h"
#include "kernels/internal/softmax_avx512.h"

namespace filigree::kernels {
namespace {

// Tiles of up to 12 keys or features x 2 registers of queries: 24 accumulators, and 2 loads and 12
// broadcasts for 24 fma.
constexpr std::size_t kTile = 12;
constexpr std::size_t kLanes = 16;

template <int N, class Tile>
void with_size(std::size_t size, const Tile& tile) {
  if constexpr (N > 0) {
    if (size == N)
      tile(std::integral_constant<int, N>());
    else
      with_size<N - 1>(size, tile);
  }
}

// Calls tile(integral constant size, first) for `total` keys or features. Sizes differ by one at
// most: a tile of fewer than 4 takes as long as one of 4, as an fma takes 4 cycles.
template <class Tile>
void in_tiles(std::size_t total, const Tile& tile) {
  std::size_t first = 0;
  for (std::size_t tiles = (total + kTile - 1) / kTile; tiles > 0; --tiles) {
    const std::size_t size = (total - first) / tiles;
    with_size<kTile>(size, [&](auto constant) { tile(constant, first); });
    first += size;
  }
}

// 16 W queries.
struct Block {
  const AttentionF32Args& args;
  std::size_t offset;   // floats from the head's feature 0, lane 0 of panel 0 to the first query
  std::size_t queries;  // 1..16 W
  float* q;             // [head_size][16 W]
  float* scores;        // [keys][16 W]
  float* sums;          // [16 W]
};

// scores[n][i] = (sum over d of k[d, n] * q[d, i]) * scale for N keys. `largest` becomes the
// largest score of each query so far.
template <int W, int N>
void score_tile(const Block& block, const float* k, float* scores, __m512 (&largest)[W]) {
  __m512 acc[N][W];
#pragma GCC unroll 16
  for (int n = 0; n < N; ++n)
#pragma GCC unroll 2
    for (int w = 0; w < W; ++w) acc[n][w] = _mm512_setzero_ps();
  const float* q = block.q;
  for (std::size_t d = 0; d < block.args.head_size; ++d, q += kLanes * W, k += kPanelTokens) {
    __m512 query[W];
#pragma GCC unroll 2
    for (int w = 0; w < W; ++w) query[w] = _mm512_load_ps(q + kLanes * w);
#pragma GCC unroll 16
    for (int n = 0; n < N; ++n) {
      const __m512 key = _mm512_set1_ps(k[n]);
#pragma GCC unroll 2
      for (int w = 0; w < W; ++w) acc[n][w] = _mm512_fmadd_ps(key, query[w], acc[n][w]);
    }
  }
  const __m512 scale = _mm512_set1_ps(block.args.score_scale);
  // In registers: for all the compiler knows, `largest` is among the scores.
  __m512 most[W];
#pragma GCC unroll 2
  for (int w = 0; w < W; ++w) most[w] = largest[w];
#pragma GCC unroll 16
  for (int n = 0; n < N; ++n)
#pragma GCC unroll 2
    for (int w = 0; w < W; ++w) {
      const __m512 score = _mm512_mul_ps(acc[n][w], scale);
      _mm512_store_ps(scores + (n * W + w) * kLanes, score);
      most[w] = _mm512_max_ps(most[w], score);
    }
#pragma GCC unroll 2
  for (int w = 0; w < W; ++w) largest[w] = most[w];
}

template <int W>
void score_keys(const Block& block, __m512 (&largest)[W]) {
  float* scores = block.scores;
  for (std::size_t segment = 0; segment < block.args.key_segments; ++segment) {
    const TokenSegment& keys = block.args.keys[segment];
    const float* k = block.args.k + keys.panel * block.args.panel_stride + keys.lane;
    in_tiles(keys.tokens, [&](auto size, std::size_t first) {
      score_tile<W, size>(block, k + first, scores + first * kLanes * W, largest);
    });
    scores += keys.tokens * kLanes * W;
  }
}

// out[f + n, i] = (sum over j of v[f + n, j] * p[j, i]) * inverse[i] for N features.
template <int W, int N>
void value_tile(const Block& block, std::size_t feature, const __m512 (&inverse)[W]) {
  __m512 acc[N][W];
#pragma GCC unroll 16
  for (int n = 0; n < N; ++n)
#pragma GCC unroll 2
    for (int w = 0; w < W; ++w) acc[n][w] = _mm512_setzero_ps();
  const float* p = block.scores;
  for (std::size_t segment = 0; segment < block.args.key_segments; ++segment) {
    const TokenSegment& keys = block.args.keys[segment];
    const float* v =
        block.args.v + keys.panel * block.args.panel_stride + feature * kPanelTokens + keys.lane;
    for (std::size_t t = 0; t < keys.tokens; ++t, p += kLanes * W, ++v) {
      __m512 probability[W];
#pragma GCC unroll 2
      for (int w = 0; w < W; ++w) probability[w] = _mm512_load_ps(p + kLanes * w);
#pragma GCC unroll 16
      for (int n = 0; n < N; ++n) {
        const __m512 value = _mm512_set1_ps(v[n * kPanelTokens]);
#pragma GCC unroll 2
        for (int w = 0; w < W; ++w) acc[n][w] = _mm512_fmadd_ps(value, probability[w], acc[n][w]);
      }
    }
  }
  float* out = block.args.out + block.offset + feature * kPanelTokens;
#pragma GCC unroll 16
  for (int n = 0; n < N; ++n, out += kPanelTokens)
#pragma GCC unroll 2
    for (std::size_t w = 0; w < W; ++w)
      if (w * kLanes < block.queries)
        store_lanes_avx512(out + w * kLanes, _mm512_mul_ps(acc[n][w], inverse[w]),
                           block.queries - w * kLanes);
}

template <int W>
void weigh_values(const Block& block) {
  __m512 inverse[W];
  for (int w = 0; w < W; ++w)
    inverse[w] = _mm512_div_ps(_mm512_set1_ps(1.0F), _mm512_load_ps(block.sums + kLanes * w));
  in_tiles(block.args.head_size,
           [&](auto size, std::size_t feature) { value_tile<W, size>(block, feature, inverse); });
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
  __m512 largest[W];
  for (int w = 0; w < W; ++w) largest[w] = _mm512_set1_ps(-__builtin_inff());
  score_keys<W>(block, largest);
  exponentials_avx512({block.scores, block.args.key_count, block.sums}, largest);
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
