// Shared by the SIMD fp32 linear kernels: token vectors, and what happens to finished sums. V is
// the vector type of an instruction set (kernels/internal/vectors_avx2.h and so on); its internal
// linkage keeps every instance inside the file that makes it.
#pragma once

#include "kernels/internal/linear_checks.h"
#include "kernels/internal/packed_walk.h"
#include "kernels/linear.h"

namespace filigree::kernels {
namespace {

// X of more inputs than this (320 KB of a 2 MB L2) is assumed to have left L2 for weights and sums
// when its next chunk begins.
constexpr std::size_t kInputsInL2 = 1024;

// All token vectors of a panel.
template <class V>
constexpr int kPanelVectors = static_cast<int>(kPanelTokens) / V::kLanes;

// Vectors that hold `tokens` tokens; the rest of a panel is not computed.
template <class V>
int vectors_of(std::size_t tokens) {
  return (static_cast<int>(tokens) + V::kLanes - 1) / V::kLanes;
}

// GELU needs most registers: some vectors after the others, while the rest waits in memory.
template <class V>
[[gnu::noinline]] void gelu_all(typename V::Float* values, int count) {
  V::gelu(values, count);
}

// y[row, lanes from first_lane on] = act(sums + bias) + residual, for W vectors of sums. y may be
// the residual.
template <class V, int W>
[[gnu::always_inline]] inline void finish_row(const LinearF32Args& args, std::size_t row,
                                              std::size_t first_lane,
                                              const typename V::Float (&sums)[W]) {
  // -0 + 0 is +0: a sum of zeros may be -0 or +0 depending on which zeros of W were multiplied.
  const auto bias = V::set((args.bias != nullptr ? args.bias[row] : 0.0F) + 0.0F);
  const std::size_t at = row * kPanelTokens + first_lane;
  typename V::Float values[W];
#pragma GCC unroll 16
  for (int i = 0; i < W; ++i) values[i] = V::add(sums[i], bias);
  if (args.activation == Activation::kGelu) {
    // A copy: an array whose address is taken would live in memory, and the sums of the caller with
    // it.
    typename V::Float copy[W];
#pragma GCC unroll 16
    for (int i = 0; i < W; ++i) copy[i] = values[i];
    gelu_all<V>(copy, W);
#pragma GCC unroll 16
    for (int i = 0; i < W; ++i) values[i] = copy[i];
  }
  const float* residual = args.residual != nullptr ? args.residual + at : nullptr;
#pragma GCC unroll 16
  for (int i = 0; i < W; ++i) {
    const auto add = residual != nullptr ? V::load(residual + V::kLanes * i) : V::zero();
    V::store(args.y + at + V::kLanes * i, V::add(values[i], add));
  }
}

// sums += weight times the W vectors of one input.
template <class V, int W>
[[gnu::always_inline]] inline void add_input(typename V::Float weight, const float* input,
                                             typename V::Float (&sums)[W]) {
#pragma GCC unroll 16
  for (int i = 0; i < W; ++i) sums[i] = V::fma(weight, V::load(input + V::kLanes * i), sums[i]);
}

}  // namespace
}  // namespace filigree::kernels
