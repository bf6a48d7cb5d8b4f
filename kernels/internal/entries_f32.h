// How the SIMD kernels of kUnstructuredF32, kBlock1x4F32 and kBlock4x1F32 walk their entries: block
// by block, chunk by chunk. What a slice adds is the kernel's.
//
// Functions that do nothing but prefetch must be always_inline: g++ takes others for pure and may
// drop their calls (tests/kernels/check_prefetches.sh looks for them in the object files).
#pragma once

#include "kernels/internal/linear_f32.h"

namespace filigree::kernels {
namespace {

// One row block times one chunk of inputs, for the tokens of one pass.
struct SliceF32 {
  const LinearF32Args& args;
  std::size_t first_lane;  // of the pass
  const float* x;          // of the chunk's first input and that lane; offsets are floats from here
  std::size_t first_row;   // of the block
  float* sums;             // [rows of the block][T] from that lane on, from chunk to chunk
  bool begins;             // the sums begin at 0 instead of what the chunk before left
  bool ends;               // the sums are complete after this chunk
  Span next_inputs;        // of the chunk after this one, to be fetched
  std::size_t inputs_of_id;  // what each row id of the block fetches of them
};

// What runs hold: consecutive rows with equally many entries, and where their streams begin.
struct EntriesF32 {
  const Run* first;
  const Run* last;
  const std::uint16_t* ids;
  const float* values;
  const std::uint16_t* offsets;
};

using AddSliceF32 = void(const SliceF32& slice, const EntriesF32& entries);

// The tokens of some vectors of a panel, which a slice is added to together.
struct PassF32 {
  std::size_t first_lane;
  AddSliceF32* add_slice;
};

// Weights and offsets come in one long stream each. Fetching them this far ahead (of values;
// offsets are half as large) gains 5 to 10 % at 80 % zeros (Sapphire Rapids), where the hardware's
// own prefetcher is busy with sums and inputs.
constexpr std::size_t kPrefetchValues = 256;

// Row blocks that pass over such a chunk before the next one, so that X comes from L3 half as often
// (768x3072: 1 to 2 % faster, 4x1 blocks with AVX-512 5 %).
constexpr std::size_t kBlocksTogether = 2;

inline bool fetches_inputs(const SliceF32& slice) {
  return slice.next_inputs.begin < slice.next_inputs.end;
}

// Fetches a part of the next chunk's X into L2, another for each row id, so that the misses spread
// over the slice.
template <class V, int W>
[[gnu::always_inline]] inline void prefetch_next_inputs(const SliceF32& slice,
                                                        const std::uint16_t* ids,
                                                        std::size_t count) {
  constexpr int kLine = 16;
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t first = slice.next_inputs.begin + ids[i] * slice.inputs_of_id;
    const std::size_t last = first + slice.inputs_of_id;
    for (std::size_t input = first; input < last && input < slice.next_inputs.end; ++input) {
      const float* x = slice.args.x + input * kPanelTokens + slice.first_lane;
#pragma GCC unroll 16
      for (int lane = 0; lane < W * V::kLanes; lane += kLine) __builtin_prefetch(x + lane, 0, 2);
    }
  }
}

// The sums of a row before and after a chunk.
template <class V, int W>
[[gnu::always_inline]] inline void begin_sums(bool begins, const float* row_sums,
                                              typename V::Float (&sums)[W]) {
  if (begins)
#pragma GCC unroll 16
    for (int i = 0; i < W; ++i) sums[i] = V::zero();
  else
#pragma GCC unroll 16
    for (int i = 0; i < W; ++i) sums[i] = V::load(row_sums + V::kLanes * i);
}

template <class V, int W>
[[gnu::always_inline]] inline void store_sums(float* row_sums, const typename V::Float (&sums)[W]) {
#pragma GCC unroll 16
  for (int i = 0; i < W; ++i) V::store(row_sums + V::kLanes * i, sums[i]);
}

inline void add_slice(const SliceF32& slice, std::size_t block, std::size_t chunk,
                      AddSliceF32* add) {
  const PackedView& weights = slice.args.weights;
  const EntryShape shape = entry_shape(weights.format);
  const SliceRuns runs = slice_runs(weights, block, chunk);
  add(slice, {.first = runs.first,
              .last = runs.last,
              .ids = runs.row_ids,
              .values = weights.entries.values + runs.entry * shape.rows * shape.cols,
              .offsets = weights.entries.offsets + runs.entry});
}

// Row blocks [first, last), chunk by chunk. Sums are kept from chunk to chunk in y, unless y is
// still needed as the residual (2 % slower, measured on Zen 3) or ends inside the rows of an entry.
inline void add_blocks(const LinearF32Args& args, std::size_t first, std::size_t last,
                       float* scratch, const PassF32* passes, std::size_t pass_count) {
  const PackedView& weights = args.weights;
  const std::size_t rows_of_id = entry_shape(weights.format).rows;
  const std::size_t first_row = rows_of_block(weights, first).begin;
  const std::size_t rows = rows_of_block(weights, last - 1).end - first_row;
  const std::size_t ids = (rows + rows_of_id - 1) / rows_of_id;
  const bool in_y = args.y != args.residual && rows % rows_of_id == 0;
  float* const sums = in_y ? args.y + first_row * kPanelTokens : scratch;
  for (std::size_t chunk = 0; chunk < weights.chunks; ++chunk) {
    const bool ends = chunk + 1 == weights.chunks;
    const bool fetches = weights.cols > kInputsInL2 && !(ends && last == args.last_block);
    // The next row blocks begin with the first chunk again.
    const Span next = fetches ? inputs_of_chunk(weights, ends ? 0 : chunk + 1) : Span{0, 0};
    const std::size_t inputs_of_id = (next.end - next.begin + ids - 1) / ids;
    for (const PassF32* pass = passes; pass != passes + pass_count; ++pass)
      for (std::size_t block = first; block < last; ++block) {
        const std::size_t row = rows_of_block(weights, block).begin - first_row;
        add_slice({.args = args,
                   .first_lane = pass->first_lane,
                   .x = args.x + chunk * weights.chunk_cols * kPanelTokens + pass->first_lane,
                   .first_row = first_row + row,
                   .sums = sums + row * kPanelTokens + pass->first_lane,
                   .begins = chunk == 0,
                   .ends = ends,
                   .next_inputs = {next.begin + row / rows_of_id * inputs_of_id, next.end},
                   .inputs_of_id = inputs_of_id},
                  block, chunk, pass->add_slice);
      }
  }
}

inline void linear_entries(const LinearF32Args& args, const PassF32* passes,
                           std::size_t pass_count) {
  alignas(kPanelAlignment) float scratch[kBlocksTogether * kMaxBlockRows * kPanelTokens];
  const std::size_t together = args.weights.cols > kInputsInL2 ? kBlocksTogether : 1;
  for (std::size_t block = args.first_block; block < args.last_block; block += together) {
    const std::size_t end = block + together;
    add_blocks(args, block, end < args.last_block ? end : args.last_block, scratch, passes,
               pass_count);
  }
}

// All tokens in one pass.
inline void linear_entries(const LinearF32Args& args, AddSliceF32* add_slice) {
  const PassF32 pass{0, add_slice};
  linear_entries(args, &pass, 1);
}

}  // namespace
}  // namespace filigree::kernels
