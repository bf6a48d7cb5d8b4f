// kDenseI8, to be read: the tiles of a chunk, then the entries that no tile holds exactly.
#include <cassert>
#include <cstddef>
#include <cstdint>

#include "kernels/internal/kernels_scalar.h"
#include "kernels/internal/linear_scalar.h"
#include "kernels/internal/packed_walk.h"

namespace filigree::kernels {
namespace {

constexpr std::size_t kTileQuad = 4 * kDenseTileI8;  // weights of a tile for one quad of inputs

// `weights` is row `r` of a tile [quads][kDenseTileI8][4].
void add_row(const LinearI8Args& args, const std::int8_t* weights, Span inputs,
             std::int32_t* sums) {
  for (std::size_t k = inputs.begin; k < inputs.end; k += 4, weights += kTileQuad) {
    const std::uint8_t* quads = args.x + k * kPanelTokens;
    for (std::size_t t = 0; t < args.tokens; ++t)
      for (std::size_t i = 0; i < 4; ++i) sums[t] += weights[i] * quads[4 * t + i];
  }
}

void linear_block(const LinearI8Args& args, std::size_t block) {
  const PackedView& weights = args.weights;
  const Span rows = rows_of_block(weights, block);
  const std::int8_t* tile = weights.dense_i8 + rows.begin * ((weights.cols + 3) / 4 * 4);
  begin_block_i8_scalar(args, block);
  for (std::size_t chunk = 0; chunk < weights.chunks; ++chunk) {
    const Span inputs = inputs_of_chunk(weights, chunk);
    for (std::size_t first = 0; first < rows.end - rows.begin; first += kDenseTileI8) {
      for (std::size_t r = 0; r < kDenseTileI8 && rows.begin + first + r < rows.end; ++r)
        add_row(args, tile + 4 * r, inputs, args.scratch + (first + r) * kPanelTokens);
      tile += (inputs.end - inputs.begin + 3) / 4 * kTileQuad;
    }
    add_groups_scalar(args, block, chunk);
  }
  finish_block_i8_scalar(args, block);
}

}  // namespace

void dense_i8_scalar(const LinearI8Args& args) noexcept {
  assert(args.weights.format == WeightFormat::kDenseI8);
  check_linear_i8(args);
  for (std::size_t block = args.first_block; block < args.last_block; ++block)
    linear_block(args, block);
}

}  // namespace filigree::kernels
