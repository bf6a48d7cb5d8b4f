// AVX2 vectors for the kernels that are one template for several instruction sets
// (kernels/internal/*_f32.h).
#pragma once

#include <immintrin.h>

#include "kernels/internal/math_avx2.h"

namespace filigree::kernels {
namespace {

struct Avx2 {
  using Float = __m256;
  static constexpr int kLanes = 8;

  // Rows in lock step for W vectors, so that there are chains of fma enough to hide their latency
  // (768x768, 90 % zeros, Zen 3: one row loses 2 % at W = 4 and 15 % at W = 3, two rows 8 % at
  // W = 2).
  template <int W>
  static constexpr std::size_t kRowSteps = W <= 2 ? 4 : 2;
  // Zen 3's own prefetcher keeps up with the streams unless few tokens pass over them (layers of
  // BERT-base in turn, 90 % zeros: 8 to 24 tokens 1 to 3 % faster with, 128 the same, and a layer
  // that stays in caches 1 to 3 % slower).
  template <int W>
  static constexpr bool kFetchesStreams = W <= 3;
  template <int W>
  static constexpr bool kLoadsFours = true;
  static constexpr bool kLoadsFoursOfBlocks = true;

  static Float zero() { return _mm256_setzero_ps(); }
  static Float load(const float* from) { return _mm256_load_ps(from); }
  static void store(float* to, Float value) { _mm256_store_ps(to, value); }
  static Float broadcast(const float* from) { return _mm256_broadcast_ss(from); }
  static Float set(float value) { return _mm256_set1_ps(value); }
  static Float add(Float a, Float b) { return _mm256_add_ps(a, b); }
  static Float fma(Float a, Float b, Float c) { return _mm256_fmadd_ps(a, b, c); }
  // In place.
  static void gelu(Float* values, int count) {
    int i = 0;
    for (; i + 4 <= count; i += 4) gelu_avx2(*reinterpret_cast<Float(*)[4]>(values + i));
    for (; i < count; ++i) values[i] = gelu_avx2(values[i]);
  }

  // [w0 w1 w2 w3] in every 128-bit lane, and one of the four in every 32-bit lane.
  static Float broadcast_4(const float* from) {
    return _mm256_broadcast_ps(reinterpret_cast<const __m128*>(from));
  }
  template <int kIndex>
  static Float spread(Float four) {
    return _mm256_permute_ps(four, kIndex * 0b01010101);
  }
};

}  // namespace
}  // namespace filigree::kernels
