// kGroupsI8, to be read. Sums of a row block lie in args.scratch as [row][T] until all chunks are
// added.
#include <cassert>
#include <cstddef>
#include <cstdint>

#include "kernels/internal/kernels_scalar.h"
#include "kernels/internal/linear_scalar.h"
#include "kernels/internal/packed_walk.h"

namespace filigree::kernels {
namespace {

// Weight `i` of a group, the lowest byte first.
std::int32_t weight_of(std::int32_t group, int i) {
  return static_cast<std::int8_t>(static_cast<std::uint32_t>(group) >> (8 * i));
}

}  // namespace

void add_groups_scalar(const LinearI8Args& args, std::size_t block, std::size_t chunk) noexcept {
  const EntryStreams& entries = args.weights.entries;
  const SliceRuns slice = slice_runs(args.weights, block, chunk);
  const std::uint8_t* x = args.x + chunk * args.weights.chunk_cols * kPanelTokens;
  const std::uint16_t* row_id = slice.row_ids;
  std::size_t entry = slice.entry;
  for (const Run* run = slice.first; run != slice.last; ++run)
    for (std::size_t i = 0; i < run->rows; ++i, ++row_id)
      for (std::size_t e = 0; e < run->entries; ++e, ++entry) {
        const std::uint8_t* quads = x + entries.offsets[entry];
        std::int32_t* sums = args.scratch + *row_id * kPanelTokens;
        for (std::size_t t = 0; t < args.tokens; ++t)
          for (int k = 0; k < 4; ++k)
            sums[t] +=
                weight_of(entries.groups[entry], k) * quads[4 * t + static_cast<std::size_t>(k)];
      }
}

void groups_i8_scalar(const LinearI8Args& args) noexcept {
  assert(args.weights.format == WeightFormat::kGroupsI8);
  check_linear_i8(args);
  for (std::size_t block = args.first_block; block < args.last_block; ++block) {
    begin_block_i8_scalar(args, block);
    for (std::size_t chunk = 0; chunk < args.weights.chunks; ++chunk)
      add_groups_scalar(args, block, chunk);
    finish_block_i8_scalar(args, block);
  }
}

}  // namespace filigree::kernels
