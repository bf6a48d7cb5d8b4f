// kBlock1x4F32 and kBlock4x1F32, to be read: the sums of a row block are kept from chunk to chunk.
#include <cassert>
#include <cstddef>
#include <cstdint>

#include "kernels/internal/kernels_scalar.h"
#include "kernels/internal/linear_scalar.h"
#include "kernels/internal/packed_walk.h"

namespace filigree::kernels {
namespace {

// sums[row of the entry][t] += the entry's weights times its inputs, in ascending order.
void add_entry(EntryShape shape, const float* values, const float* input, std::size_t tokens,
               float* sums) {
  for (std::size_t row = 0; row < shape.rows; ++row)
    for (std::size_t col = 0; col < shape.cols; ++col)
      for (std::size_t t = 0; t < tokens; ++t) {
        float& sum = sums[row * kPanelTokens + t];
        sum = fma_scalar(values[row * shape.cols + col], input[col * kPanelTokens + t], sum);
      }
}

void add_slice(const LinearF32Args& args, std::size_t block, std::size_t chunk, float* block_sums) {
  const PackedView& weights = args.weights;
  const EntryShape shape = entry_shape(weights.format);
  const SliceRuns slice = slice_runs(weights, block, chunk);
  const float* x = args.x + chunk * weights.chunk_cols * kPanelTokens;
  const std::uint16_t* id = slice.row_ids;
  std::size_t entry = slice.entry;
  for (const Run* run = slice.first; run != slice.last; ++run)
    for (std::size_t i = 0; i < run->rows; ++i, ++id) {
      float* sums = block_sums + *id * shape.rows * kPanelTokens;
      for (std::size_t e = 0; e < run->entries; ++e, ++entry)
        add_entry(shape, weights.entries.values + entry * shape.rows * shape.cols,
                  x + weights.entries.offsets[entry], args.tokens, sums);
    }
}

void linear_blocks(const LinearF32Args& args) {
  check_linear_f32(args);
  for (std::size_t block = args.first_block; block < args.last_block; ++block) {
    float sums[kMaxBlockRows * kPanelTokens] = {};
    for (std::size_t chunk = 0; chunk < args.weights.chunks; ++chunk)
      add_slice(args, block, chunk, sums);
    const Span rows = rows_of_block(args.weights, block);
    for (std::size_t row = rows.begin; row < rows.end; ++row)
      finish_row_scalar(args, row, sums + (row - rows.begin) * kPanelTokens);
  }
}

}  // namespace

void block_1x4_f32_scalar(const LinearF32Args& args) noexcept {
  assert(args.weights.format == WeightFormat::kBlock1x4F32);
  linear_blocks(args);
}

void block_4x1_f32_scalar(const LinearF32Args& args) noexcept {
  assert(args.weights.format == WeightFormat::kBlock4x1F32);
  linear_blocks(args);
}

}  // namespace filigree::kernels
