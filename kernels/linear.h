// Linear layers on one panel: y = epilogue(W x), W packed (kernels/packed_weights.h).
//
// fp32:  sum[n,t] = sum over k, ascending, of fma(W[n,k], x[k,t], sum), starting at +0; zeros of W may be skipped
//        y[n,t]   = act(sum[n,t] + bias[n]) + residual[n,t]
// int8:  sum[n,t] = sum over k of W[n,k] * x[k,t] + offset[n]                        exact, int32
//        v        = act(float(sum[n,t]) * scale[n] + bias[n]) + residual[n,t]        mul, then add: no fma
//        y = v, or y_u8 = quantize(v) by ONNX QuantizeLinear (kernels/panel.h)
//   with offset[n] = integer bias[n] - x_zero_point * sum over k of W[n,k], W already minus its zero point. pack_i8
//   has checked that the sum over k fits int32 for every x; with the offset it must fit, too (the caller checks).
//   A missing bias or residual is added as +0 (and a bias of -0 as +0), so that a dense and a sparse format give the
//   same bits.
//
// Outputs are bit-identical on every ISA and in every format of the same matrix, for finite x.
// All kernels: noexcept, allocate nothing, thread-safe on disjoint outputs; preconditions are asserted.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/packed_view.h"
#include "kernels/panel.h"

namespace filigree::kernels {

enum class Activation : std::uint8_t { kNone, kGelu };

struct LinearF32Args {
  PackedView weights;       // a float format
  std::size_t first_block;  // row blocks [first_block, last_block) of weights
  std::size_t last_block;
  std::size_t tokens;      // 1..kPanelTokens
  const float* x;          // panel [cols][T]
  const float* bias;       // [rows], or null
  Activation activation;
  const float* residual;   // panel [rows][T], or null; may be y itself
  float* y;                // panel [rows][T]; must not overlap x
};

struct LinearI8Args {
  PackedView weights;  // an int8 format
  std::size_t first_block;
  std::size_t last_block;
  std::size_t tokens;
  const std::uint8_t* x;         // quad panel [cols]
  const std::int32_t* offset;    // [rows]
  const float* scale;            // [rows]
  const float* bias;             // [rows], or null
  Activation activation;
  const float* residual;         // panel [rows][T], or null; may be y itself
  float* y;                      // panel [rows][T], or null when y_u8 is given
  std::uint8_t* y_u8;            // quad panel [rows], or null when y is given
  Quantization y_quantization;   // of y_u8
  std::int32_t* scratch;         // [i8_scratch_elements(weights)], 64-byte aligned
};

using LinearF32Fn = void(const LinearF32Args&) noexcept;
using LinearI8Fn = void(const LinearI8Args&) noexcept;

}  // namespace filigree::kernels
