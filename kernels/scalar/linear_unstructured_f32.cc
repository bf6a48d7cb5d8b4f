// kUnstructuredF32, to be read: the sums of a row block are kept from chunk to chunk.
#include <cassert>
#include <cstddef>
#include <cstdint>

#include "kernels/internal/kernels_scalar.h"
#include "kernels/internal/linear_scalar.h"
#include "kernels/internal/packed_walk.h"

namespace filigree::kernels {
namespace {

void add_slice(const LinearF32Args& args, std::size_t block, std::size_t chunk, float* block_sums) {
  const PackedView& weights = args.weights;
  const SliceRuns slice = slice_runs(weights, block, chunk);
  const float* x = args.x + chunk * weights.chunk_cols * kPanelTokens;
  const std::uint16_t* row_id = slice.row_ids;
  std::size_t entry = slice.entry;
  for (const Run* run = slice.first; run != slice.last; ++run)
    for (std::size_t i = 0; i < run->rows; ++i, ++row_id) {
      float* sums = block_sums + *row_id * kPanelTokens;
      if (chunk == 0)
        for (std::size_t t = 0; t < args.tokens; ++t) sums[t] = 0.0F;
      for (std::size_t e = 0; e < run->entries; ++e, ++entry) {
        const float weight = weights.entries.values[entry];
        const float* input = x + weights.entries.offsets[entry];
        for (std::size_t t = 0; t < args.tokens; ++t)
          sums[t] = fma_scalar(weight, input[t], sums[t]);
      }
      if (chunk + 1 == weights.chunks)
        finish_row_scalar(args, block * weights.block_rows + *row_id, sums);
    }
}

}  // namespace

void unstructured_f32_scalar(const LinearF32Args& args) noexcept {
  assert(args.weights.format == WeightFormat::kUnstructuredF32);
  check_linear_f32(args);
  float sums[kMaxBlockRows * kPanelTokens];
  for (std::size_t block = args.first_block; block < args.last_block; ++block)
    for (std::size_t chunk = 0; chunk < args.weights.chunks; ++chunk)
      add_slice(args, block, chunk, sums);
}

}  // namespace filigree::kernels
