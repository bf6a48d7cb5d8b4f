// kUnstructuredI8, to be read. Reads the quad panel as it is.
#include <cassert>
#include <cstddef>
#include <cstdint>

#include "kernels/internal/kernels_scalar.h"
#include "kernels/internal/linear_scalar.h"
#include "kernels/internal/packed_walk.h"

namespace filigree::kernels {
namespace {

// scratch[row of the block][lane] += the entries of one slice.
void add_slice(const LinearI8Args& args, std::size_t block, std::size_t chunk) {
  const EntryStreams& entries = args.weights.entries;
  const SliceRuns slice = slice_runs(args.weights, block, chunk);
  const std::size_t first_input = inputs_of_chunk(args.weights, chunk).begin;
  const std::uint16_t* row_id = slice.row_ids;
  std::size_t entry = slice.entry;
  for (const Run* run = slice.first; run != slice.last; ++run)
    for (std::size_t i = 0; i < run->rows; ++i, ++row_id)
      for (std::size_t e = 0; e < run->entries; ++e, ++entry) {
        const std::size_t input = first_input + entries.offsets[entry] / kInputBytesUnstructuredI8;
        const std::uint8_t* x = args.x + input / 4 * 4 * kPanelTokens + input % 4;
        std::int32_t* sums = args.scratch + *row_id * kPanelTokens;
        for (std::size_t t = 0; t < args.tokens; ++t) sums[t] += entries.weights[entry] * x[4 * t];
      }
}

}  // namespace

void unstructured_i8_scalar(const LinearI8Args& args) noexcept {
  assert(args.weights.format == WeightFormat::kUnstructuredI8);
  check_linear_i8(args);
  for (std::size_t block = args.first_block; block < args.last_block; ++block) {
    begin_block_i8_scalar(args, block);
    for (std::size_t chunk = 0; chunk < args.weights.chunks; ++chunk) add_slice(args, block, chunk);
    finish_block_i8_scalar(args, block);
  }
}

}  // namespace filigree::kernels
