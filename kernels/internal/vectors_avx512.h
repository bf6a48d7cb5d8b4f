// AVX-512 vectors for the kernels that are one template for several instruction sets
// (kernels/internal/*_f32.h).
#pragma once

#include <immintrin.h>

#include "kernels/internal/math_avx512.h"

namespace filigree::kernels {
namespace {

struct Avx512 {
  using Float = __m512;
  static constexpr int kLanes = 16;

  // Rows in lock step for W vectors, so that there are chains of fma enough to hide their latency;
  // from three vectors on the processor finds them in the rows that follow (768x768 at 90 % zeros:
  // two rows lose 7 % at W = 3, one row loses 15 % at W = 1).
  template <int W>
  static constexpr std::size_t kRowSteps = W == 1   ? 4
                                           : W == 2 ? 2
                                                    : 1;
  // kPrefetchValues tells what it gains.
  template <int W>
  static constexpr bool kFetchesStreams = true;
  // Broadcasts of 4 bytes from memory are free beside 512-bit arithmetic (Sapphire Rapids); with
  // more vectors four weights in one load gain 3 % at 95 % zeros.
  template <int W>
  static constexpr bool kLoadsFours = W > 2;
  static constexpr bool kLoadsFoursOfBlocks = false;

  static Float zero() { return _mm512_setzero_ps(); }
  static Float load(const float* from) { return _mm512_load_ps(from); }
  static void store(float* to, Float value) { _mm512_store_ps(to, value); }
  static Float broadcast(const float* from) { return _mm512_set1_ps(*from); }
  static Float set(float value) { return _mm512_set1_ps(value); }
  static Float add(Float a, Float b) { return _mm512_add_ps(a, b); }
  static Float fma(Float a, Float b, Float c) { return _mm512_fmadd_ps(a, b, c); }
  // In place.
  static void gelu(Float* values, int count) {
    for (int i = 0; i < count; ++i) values[i] = gelu_avx512(values[i]);
  }

  // [w0 w1 w2 w3] in every 128-bit lane, and one of the four in every 32-bit lane.
  static Float broadcast_4(const float* from) { return _mm512_broadcast_f32x4(_mm_loadu_ps(from)); }
  template <int kIndex>
  static Float spread(Float four) {
    return _mm512_permute_ps(four, kIndex * 0b01010101);
  }
};

}  // namespace
}  // namespace filigree::kernels
