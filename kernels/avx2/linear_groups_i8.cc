// kGroupsI8 with AVX2: a group of 4 weights is one 32-bit broadcast times the V token vectors of
// its quad of inputs. Sums of a row block lie in args.scratch as [row][T] int32 until all chunks
// are added.
#include <immintrin.h>

#include <cassert>
#include <cstddef>
#include <cstdint>

#include "kernels/internal/kernels_avx2.h"
#include "kernels/internal/linear_avx2.h"
#include "kernels/internal/packed_walk.h"

namespace filigree::kernels {
namespace {

constexpr std::size_t kPrefetchRows = 2;
static_assert(kPrefetchRows <= kRowIdPadding);

struct RunRows {
  const std::uint16_t* ids;
  std::size_t rows;
  std::size_t pairs;    // of each row
  std::size_t singles;  // of each row
  const std::int32_t* groups;
  const std::uint16_t* offsets;
};

template <int V>
void prefetch_row(const std::int32_t* sums) {
  for (int i = 0; i < V; i += 2)
    _mm_prefetch(reinterpret_cast<const char*>(sums + 8 * i), _MM_HINT_T0);
}

template <int V, SliceSums kSums>
[[gnu::noinline]] void add_run(std::int32_t* block_sums, const std::uint8_t* x, RunRows run) {
  const std::int32_t* group = run.groups;
  const std::uint16_t* offset = run.offsets;
  for (const std::uint16_t* id = run.ids; id != run.ids + run.rows; ++id) {
    std::int32_t* row = block_sums + *id * kPanelTokens;
    if constexpr (kSums == SliceSums::kAdd)
      prefetch_row<V>(block_sums + id[kPrefetchRows] * kPanelTokens);
    __m256i sums[V];
    for (int i = 0; i < V; ++i)
      sums[i] = kSums == SliceSums::kBegin ? _mm256_setzero_si256()
                                           : _mm256_load_si256(vectors_at(row) + i);
    for (const std::int32_t* end = group + 2 * run.pairs; group != end; group += 2, offset += 2) {
      const __m256i* quads0 = vectors_at(x + offset[0]);
      const __m256i* quads1 = vectors_at(x + offset[1]);
      const __m256i weights0 = _mm256_set1_epi32(group[0]);
      const __m256i weights1 = _mm256_set1_epi32(group[1]);
      for (int i = 0; i < V; ++i)
        sums[i] = add_quad_pair(sums[i], _mm256_load_si256(quads0 + i), weights0,
                                _mm256_load_si256(quads1 + i), weights1);
    }
    for (const std::int32_t* end = group + run.singles; group != end; ++group, ++offset) {
      const __m256i* quads = vectors_at(x + *offset);
      const __m256i weights = _mm256_set1_epi32(*group);
      for (int i = 0; i < V; ++i)
        sums[i] = add_quad(sums[i], _mm256_load_si256(quads + i), weights);
    }
    for (int i = 0; i < V; ++i) _mm256_store_si256(vectors_at(row) + i, sums[i]);
  }
}

template <int V, SliceSums kSums>
void add_slice(const LinearI8Args& args, std::size_t block, std::size_t chunk) {
  const PackedView& weights = args.weights;
  const SliceRuns slice = slice_runs(weights, block, chunk);
  const std::uint8_t* x = args.x + chunk * weights.chunk_cols * kPanelTokens;
  RunRows rows{.ids = slice.row_ids,
               .rows = 0,
               .pairs = 0,
               .singles = 0,
               .groups = weights.entries.groups + slice.entry,
               .offsets = weights.entries.offsets + slice.entry};
  for (const Run* run = slice.first; run != slice.last; ++run) {
    rows.rows = run->rows;
    rows.pairs = run->pairs;
    rows.singles = run->entries - 2 * std::size_t{run->pairs};
    add_run<V, kSums>(args.scratch, x, rows);
    rows.ids += rows.rows;
    rows.groups += rows.rows * run->entries;
    rows.offsets += rows.rows * run->entries;
  }
}

template <SliceSums kSums>
void add_slice(const LinearI8Args& args, std::size_t block, std::size_t chunk) {
  switch (token_vectors(args.tokens)) {
    case 1:
      return add_slice<1, kSums>(args, block, chunk);
    case 2:
      return add_slice<2, kSums>(args, block, chunk);
    case 3:
      return add_slice<3, kSums>(args, block, chunk);
    case 4:
      return add_slice<4, kSums>(args, block, chunk);
    case 5:
      return add_slice<5, kSums>(args, block, chunk);
    case 6:
      return add_slice<6, kSums>(args, block, chunk);
    case 7:
      return add_slice<7, kSums>(args, block, chunk);
    case 8:
      return add_slice<8, kSums>(args, block, chunk);
    case 9:
      return add_slice<9, kSums>(args, block, chunk);
    default:
      return add_slice<10, kSums>(args, block, chunk);
  }
}

}  // namespace

void add_groups_avx2(const LinearI8Args& args, std::size_t block, std::size_t chunk,
                     SliceSums sums) noexcept {
  if (sums == SliceSums::kBegin)
    add_slice<SliceSums::kBegin>(args, block, chunk);
  else
    add_slice<SliceSums::kAdd>(args, block, chunk);
}

void groups_i8_avx2(const LinearI8Args& args) noexcept {
  assert(args.weights.format == WeightFormat::kGroupsI8);
  check_linear_i8(args);
  for (std::size_t block = args.first_block; block < args.last_block; ++block) {
    for (std::size_t chunk = 0; chunk < args.weights.chunks; ++chunk)
      add_groups_avx2(args, block, chunk, chunk == 0 ? SliceSums::kBegin : SliceSums::kAdd);
    finish_block_i8_avx2(args, block);
  }
}

}  // namespace filigree::kernels
