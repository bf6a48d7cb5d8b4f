// How kernels walk packed weights (kernels/packed_view.h).
#pragma once

#include "kernels/packed_view.h"

namespace filigree::kernels {

struct Span {
  std::size_t begin;
  std::size_t end;
};

static inline Span rows_of_block(const PackedView& weights, std::size_t block) {
  const std::size_t begin = block * weights.block_rows;
  const std::size_t end = begin + weights.block_rows;
  return {begin, end < weights.rows ? end : weights.rows};
}

static inline Span inputs_of_chunk(const PackedView& weights, std::size_t chunk) {
  const std::size_t begin = chunk * weights.chunk_cols;
  const std::size_t end = begin + weights.chunk_cols;
  return {begin, end < weights.cols ? end : weights.cols};
}

// The runs of one slice.
struct SliceRuns {
  const Run* first;
  const Run* last;
  const std::uint16_t* row_ids;
  std::size_t entry;  // index of the first entry
};

static inline SliceRuns slice_runs(const PackedView& weights, std::size_t block,
                                   std::size_t chunk) {
  const SliceStart* start = weights.entries.starts + block * weights.chunks + chunk;
  return {weights.entries.runs + start[0].run, weights.entries.runs + start[1].run,
          weights.entries.row_ids + start[0].row, start[0].entry};
}

}  // namespace filigree::kernels
