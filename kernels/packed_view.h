// A non-owning, plain-data view of packed weights: what kernels read. Owned and made by
// kernels/packed_weights.h. kernels/README.md draws the layouts.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/panel.h"

namespace filigree::kernels {

// Formats; RxC blocks are outputs x inputs. Block formats hold the aligned blocks that have a
// nonzero. kGroupsI8 holds 1x4 groups: block-sparse matrices have full groups, unstructured ones
// partly filled groups. kUnstructuredI8 holds single weights, four of a row together.
enum class WeightFormat : std::uint8_t {
  kDenseF32,
  kUnstructuredF32,
  kBlock1x4F32,
  kBlock4x1F32,
  kDenseI8,
  kGroupsI8,
  kUnstructuredI8
};
inline constexpr std::size_t kWeightFormats = 7;

// static: ISA files must not define inline functions that the linker could merge.
static constexpr bool is_float(WeightFormat format) { return format < WeightFormat::kDenseI8; }

// Outputs x inputs of one entry of EntryStreams.
struct EntryShape {
  std::size_t rows;
  std::size_t cols;
};
static constexpr EntryShape entry_shape(WeightFormat format) {
  if (format == WeightFormat::kUnstructuredF32 || format == WeightFormat::kUnstructuredI8)
    return {1, 1};
  if (format == WeightFormat::kBlock4x1F32) return {4, 1};
  return {1, 4};
}

// A slice is one row block times one chunk of inputs. In it, rows are sorted by their number of
// entries, longest first, so that the trip count of the innermost loop seldom changes. A run is all
// rows that have equally many; of kUnstructuredF32 and kBlock1x4F32 it is kRowsTogether of them,
// filled up with weights of 0 to the longest, or fewer where that would be too much to fill and at
// the end of the slice.
struct Run {
  std::uint16_t rows;
  std::uint16_t entries;  // of each row of the run
  std::uint16_t pairs;    // int8: the first 2 * pairs entries can be added two at a time in int16
};

// Where a slice begins in each stream.
struct SliceStart {
  std::size_t run;
  std::size_t row;
  std::size_t entry;
};

// The entries of a matrix that are stored one by one: single weights, blocks (f32) or 1x4 groups
// (i8), in the order slice, row of the slice (kBlock4x1F32: group of 4 rows), then ascending input
// (f32) or as pairs were found (int8, whose sums are exact in any order). The first and the last
// chunk of a sparse format list every row of the block, even without entries, because there the
// sums begin and end; other chunks list only rows that have entries. A row of kUnstructuredF32 or
// kUnstructuredI8 has whole fours of entries in a chunk: fp32 ones take the next entries of the
// chunks that follow, int8 ones and what is left of fp32 ones are filled up with weights of 0.
struct EntryStreams {
  const SliceStart* starts;      // [row_blocks * chunks + 1], slice = block * chunks + chunk
  const Run* runs;               // consecutive runs cover consecutive rows of `row_ids`
  const std::uint16_t* row_ids;  // within the row block, in rows of an entry; kRowIdPadding valid
                                 // ids follow the last
  const std::uint16_t* offsets;  // floats (int8: bytes) from the chunk's first input in the panel,
                                 // one for each entry; kUnstructuredI8: of
                                 // kInputBytesUnstructuredI8
  const float* values;           // f32: the weights of an entry
  const std::int32_t*
      groups;  // int8: 4 x s8 weights of consecutive inputs, first input in the lowest byte
  const std::int8_t* weights;  // kUnstructuredI8: one for each entry
};

// From input to input in the bytes that kernels of kUnstructuredI8 turn a panel into: one vector of
// at most 64 tokens.
inline constexpr std::size_t kInputBytesUnstructuredI8 = 64;

// Entries of a row of kUnstructuredF32 or kUnstructuredI8 that kernels multiply together.
inline constexpr std::size_t kEntriesTogether = 4;

// Rows of a run of kUnstructuredF32 or kBlock1x4F32 at most.
inline constexpr std::size_t kRowsTogether = 4;

// Kernels may read this many row ids past the end, to prefetch.
inline constexpr std::size_t kRowIdPadding = 8;

// Rows of a tile of the dense formats: the tile's weights lie input by input.
inline constexpr std::size_t kDenseTileF32 = 6;
inline constexpr std::size_t kDenseTileI8 = 4;

// Rows of a row block at most: fp32 kernels keep the sums of two blocks on the stack from chunk to
// chunk (240 KB).
inline constexpr std::size_t kMaxBlockRows = 384;

struct PackedView {
  WeightFormat format;
  std::size_t rows;        // outputs
  std::size_t cols;        // inputs
  std::size_t row_blocks;  // units of splitting work
  std::size_t block_rows;  // of every row block but the last
  std::size_t chunk_cols;  // of every chunk of inputs but the last; a multiple of 4
  std::size_t chunks;
  std::size_t panel_tokens;  // the T that `offsets` were scaled for

  // Dense tiles, zero beyond the last row (and beyond the last input of an int8 group).
  //   f32: [block][chunk][tile][input][kDenseTileF32]
  //   i8:  [block][chunk][tile][input / 4][kDenseTileI8][4]
  const float* dense_f32;
  const std::int8_t* dense_i8;

  // Sparse formats: the whole matrix. kDenseI8: what a tile cannot hold exactly, often
  // nothing.
  EntryStreams entries;
};

}  // namespace filigree::kernels
