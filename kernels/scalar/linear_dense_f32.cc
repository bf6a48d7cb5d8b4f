// kDenseF32, to be read: tile by tile of one chunk, sums of a row block kept from chunk to chunk.
#include <cassert>
#include <cstddef>
#include <cstdint>

#include "kernels/internal/kernels_scalar.h"
#include "kernels/internal/linear_scalar.h"
#include "kernels/internal/packed_walk.h"

namespace filigree::kernels {
namespace {

// `weights` is column `r` of a tile [inputs][kDenseTileF32].
void add_row(const LinearF32Args& args, const float* weights, Span inputs, std::size_t row,
             float* sums) {
  if (inputs.begin == 0)
    for (std::size_t t = 0; t < args.tokens; ++t) sums[t] = 0.0F;
  for (std::size_t k = inputs.begin; k < inputs.end; ++k, weights += kDenseTileF32) {
    const float* x = args.x + k * kPanelTokens;
    for (std::size_t t = 0; t < args.tokens; ++t) sums[t] = fma_scalar(*weights, x[t], sums[t]);
  }
  if (inputs.end == args.weights.cols) finish_row_scalar(args, row, sums);
}

void linear_block(const LinearF32Args& args, std::size_t block) {
  const PackedView& weights = args.weights;
  const Span rows = rows_of_block(weights, block);
  float sums[kMaxBlockRows * kPanelTokens];
  const float* tile = weights.dense_f32 + rows.begin * weights.cols;
  for (std::size_t chunk = 0; chunk < weights.chunks; ++chunk) {
    const Span inputs = inputs_of_chunk(weights, chunk);
    for (std::size_t first = rows.begin; first < rows.end; first += kDenseTileF32) {
      for (std::size_t r = 0; r < kDenseTileF32 && first + r < rows.end; ++r)
        add_row(args, tile + r, inputs, first + r, sums + (first + r - rows.begin) * kPanelTokens);
      tile += (inputs.end - inputs.begin) * kDenseTileF32;
    }
  }
}

}  // namespace

void dense_f32_scalar(const LinearF32Args& args) noexcept {
  assert(args.weights.format == WeightFormat::kDenseF32);
  check_linear_f32(args);
  for (std::size_t block = args.first_block; block < args.last_block; ++block)
    linear_block(args, block);
}

}  // namespace filigree::kernels
