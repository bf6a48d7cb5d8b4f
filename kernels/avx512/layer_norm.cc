// Layer normalisation of kernels/layer_norm.h: a lane is a token, V registers of tokens at once.
// The sums of one lane are one chain of additions; four or five registers hide its latency.
#include <immintrin.h>

#include <cassert>
#include <cstddef>

#include "kernels/internal/kernels_avx512.h"

namespace filigree::kernels {
namespace {

constexpr std::size_t kLanes = 16;
static_assert(kPanelTokens == 5 * kLanes);

template <int V>
void normalize(const LayerNormArgs& args) {
  const float* in = args.in;
  const __m512 width = _mm512_set1_ps(static_cast<float>(args.width));
  __m512 mean[V], inverse[V];
#pragma GCC unroll 8
  for (int v = 0; v < V; ++v) mean[v] = inverse[v] = _mm512_setzero_ps();

  for (std::size_t f = 0; f < args.width; ++f)
#pragma GCC unroll 8
    for (int v = 0; v < V; ++v)
      mean[v] = _mm512_add_ps(mean[v], _mm512_load_ps(in + f * kPanelTokens + v * kLanes));
#pragma GCC unroll 8
  for (int v = 0; v < V; ++v) mean[v] = _mm512_div_ps(mean[v], width);

  for (std::size_t f = 0; f < args.width; ++f)
#pragma GCC unroll 8
    for (int v = 0; v < V; ++v) {
      const __m512 d = _mm512_sub_ps(_mm512_load_ps(in + f * kPanelTokens + v * kLanes), mean[v]);
      inverse[v] = _mm512_fmadd_ps(d, d, inverse[v]);
    }
#pragma GCC unroll 8
  for (int v = 0; v < V; ++v) {
    const __m512 variance = _mm512_div_ps(inverse[v], width);
    inverse[v] = _mm512_div_ps(_mm512_set1_ps(1.0F),
                               _mm512_sqrt_ps(_mm512_add_ps(variance, _mm512_set1_ps(args.eps))));
  }

  float* out = args.out;
  for (std::size_t f = 0; f < args.width; ++f) {
    const __m512 gamma = _mm512_set1_ps(args.gamma[f]);
    const __m512 beta = _mm512_set1_ps(args.beta[f]);
#pragma GCC unroll 8
    for (int v = 0; v < V; ++v) {
      const __m512 d = _mm512_sub_ps(_mm512_load_ps(in + f * kPanelTokens + v * kLanes), mean[v]);
      _mm512_store_ps(out + f * kPanelTokens + v * kLanes,
                      _mm512_fmadd_ps(_mm512_mul_ps(d, inverse[v]), gamma, beta));
    }
  }
}

}  // namespace

void layer_norm_avx512(const LayerNormArgs& args) noexcept {
  assert(args.width >= 1 && args.tokens >= 1 && args.tokens <= kPanelTokens);
  const std::size_t vectors = (args.tokens + kLanes - 1) / kLanes;
  switch (vectors) {
    case 1:
      return normalize<1>(args);
    case 2:
      return normalize<2>(args);
    case 3:
      return normalize<3>(args);
    case 4:
      return normalize<4>(args);
    default:
      return normalize<5>(args);
  }
}

}  // namespace filigree::kernels
