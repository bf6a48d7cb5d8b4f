// kUnstructuredF32 with AVX2: a nonzero is one broadcast times the V token vectors of its input.
//
// Per nonzero V + 1 vector loads and V fma; Zen 3 sustains two of each per cycle, so at V = 8 the
// bound is 8/9 of the fma peak, less the sums of a row that are loaded and stored once per chunk.
#include <immintrin.h>

#include <cassert>
#include <cstddef>
#include <cstdint>

#include "kernels/internal/kernels_avx2.h"
#include "kernels/internal/linear_avx2.h"
#include "kernels/internal/packed_walk.h"

namespace filigree::kernels {
namespace {

// Rows of a run lie anywhere in the block: fetch the sums of the row after next.
constexpr std::size_t kPrefetchRows = 2;
static_assert(kPrefetchRows <= kRowIdPadding);

enum class Chunk { kFirst, kMiddle, kLast, kOnly };

constexpr bool begins(Chunk chunk) { return chunk == Chunk::kFirst || chunk == Chunk::kOnly; }
constexpr bool ends(Chunk chunk) { return chunk == Chunk::kLast || chunk == Chunk::kOnly; }

struct RunRows {
  const std::uint16_t* ids;
  std::size_t rows;
  std::size_t entries;  // of each row
  const float* values;
  const std::uint16_t* offsets;
};

template <int V>
void prefetch_row(const float* sums) {
  for (int i = 0; i < V; i += 2)
    _mm_prefetch(reinterpret_cast<const char*>(sums + 8 * i), _MM_HINT_T0);
}

// A plain loop over the entries: its trip count is that of the whole run, so that its exit is
// predicted. Unrolled bodies for each count, or a jump into one unrolled body, are not faster (a
// jump: 20 % slower on Zen 3).
template <int V, Chunk kChunk>
[[gnu::noinline]] void add_run(const LinearF32Args& args, const char* x, std::size_t first_row,
                               RunRows run, float* block_sums) {
  const float* value = run.values;
  const std::uint16_t* offset = run.offsets;
  for (const std::uint16_t* id = run.ids; id != run.ids + run.rows; ++id) {
    float* row_sums = block_sums + *id * kPanelTokens;
    if constexpr (!begins(kChunk)) prefetch_row<V>(block_sums + id[kPrefetchRows] * kPanelTokens);
    __m256 sums[V];
    for (int i = 0; i < V; ++i)
      sums[i] = begins(kChunk) ? _mm256_setzero_ps() : _mm256_load_ps(row_sums + 8 * i);
    for (const float* end = value + run.entries; value != end; ++value, ++offset) {
      const float* input = reinterpret_cast<const float*>(x + *offset);
      const __m256 weight = _mm256_broadcast_ss(value);
      for (int i = 0; i < V; ++i)
        sums[i] = _mm256_fmadd_ps(weight, _mm256_load_ps(input + 8 * i), sums[i]);
    }
    if constexpr (ends(kChunk))
      finish_row(args, first_row + *id, 0, sums);
    else
      for (int i = 0; i < V; ++i) _mm256_store_ps(row_sums + 8 * i, sums[i]);
  }
}

template <int V, Chunk kChunk>
void add_slice(const LinearF32Args& args, std::size_t block, std::size_t chunk, float* sums) {
  const PackedView& weights = args.weights;
  const SliceRuns slice = slice_runs(weights, block, chunk);
  const char* x = reinterpret_cast<const char*>(args.x + chunk * weights.chunk_cols * kPanelTokens);
  RunRows rows{.ids = slice.row_ids,
               .rows = 0,
               .entries = 0,
               .values = weights.entries.values + slice.entry,
               .offsets = weights.entries.offsets + slice.entry};
  for (const Run* run = slice.first; run != slice.last; ++run) {
    rows.rows = run->rows;
    rows.entries = run->entries;
    add_run<V, kChunk>(args, x, block * weights.block_rows, rows, sums);
    rows.ids += rows.rows;
    rows.values += rows.rows * rows.entries;
    rows.offsets += rows.rows * rows.entries;
  }
}

template <int V>
void linear_block(const LinearF32Args& args, std::size_t block, float* sums) {
  const std::size_t last = args.weights.chunks - 1;
  if (last == 0) return add_slice<V, Chunk::kOnly>(args, block, 0, sums);
  add_slice<V, Chunk::kFirst>(args, block, 0, sums);
  for (std::size_t chunk = 1; chunk < last; ++chunk)
    add_slice<V, Chunk::kMiddle>(args, block, chunk, sums);
  add_slice<V, Chunk::kLast>(args, block, last, sums);
}

// Sums are kept from chunk to chunk in y, unless y is still needed as the residual (2 % slower,
// measured).
template <int V>
void linear_blocks(const LinearF32Args& args) {
  alignas(kPanelAlignment) float scratch[kMaxBlockRows * kPanelTokens];
  for (std::size_t block = args.first_block; block < args.last_block; ++block) {
    float* y = args.y + block * args.weights.block_rows * kPanelTokens;
    linear_block<V>(args, block, args.y == args.residual ? scratch : y);
  }
}

}  // namespace

void unstructured_f32_avx2(const LinearF32Args& args) noexcept {
  assert(args.weights.format == WeightFormat::kUnstructuredF32);
  check_linear_f32(args);
  switch (token_vectors(args.tokens)) {
    case 1:
      return linear_blocks<1>(args);
    case 2:
      return linear_blocks<2>(args);
    case 3:
      return linear_blocks<3>(args);
    case 4:
      return linear_blocks<4>(args);
    case 5:
      return linear_blocks<5>(args);
    case 6:
      return linear_blocks<6>(args);
    case 7:
      return linear_blocks<7>(args);
    default:
      return linear_blocks<8>(args);
  }
}

}  // namespace filigree::kernels
