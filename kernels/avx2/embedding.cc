// Embedding of kernels/embedding.h: eight features of eight tokens are summed as rows, then
// transposed.
#include <immintrin.h>

#include <cassert>
#include <cstddef>
#include <cstdint>

#include "kernels/internal/kernels_avx2.h"
#include "kernels/internal/lanes_avx2.h"

namespace filigree::kernels {
namespace {

constexpr std::size_t kLanes = 8;

// The first `count` (1..8) entries from `index` on, as 16 or 8 bytes; nothing after them is read.
__m128i load_halves(const EmbeddingTable& table, std::size_t index, std::size_t count) {
  const auto* from = static_cast<const std::uint16_t*>(table.data) + index;
  if (count == kLanes) return _mm_loadu_si128(reinterpret_cast<const __m128i*>(from));
  alignas(16) std::uint16_t copy[kLanes] = {};
  for (std::size_t i = 0; i < count; ++i) copy[i] = from[i];
  return _mm_load_si128(reinterpret_cast<const __m128i*>(copy));
}

__m128i load_bytes(const EmbeddingTable& table, std::size_t index, std::size_t count) {
  const auto* from = static_cast<const std::uint8_t*>(table.data) + index;
  if (count == kLanes) return _mm_loadl_epi64(reinterpret_cast<const __m128i*>(from));
  alignas(16) std::uint8_t copy[2 * kLanes] = {};
  for (std::size_t i = 0; i < count; ++i) copy[i] = from[i];
  return _mm_load_si128(reinterpret_cast<const __m128i*>(copy));
}

template <TableType kType>
__m256 load_entries(const EmbeddingTable& table, std::size_t index, std::size_t count) {
  if constexpr (kType == TableType::kF32)
    return load_lanes_avx2(static_cast<const float*>(table.data) + index, count);
  if constexpr (kType == TableType::kF16) return _mm256_cvtph_ps(load_halves(table, index, count));
  const __m256i q = _mm256_cvtepu8_epi32(load_bytes(table, index, count));
  const __m256i difference = _mm256_sub_epi32(q, _mm256_set1_epi32(table.zero_point));
  return _mm256_mul_ps(_mm256_cvtepi32_ps(difference), _mm256_set1_ps(table.scale));
}

// Some features of some tokens: at most eight of each.
struct Tile {
  std::size_t token, tokens;
  std::size_t feature, features;
};

// r[i] += the entries of token i, or = those of the first table.
template <TableType kType>
[[gnu::always_inline]] inline void add_entries(const EmbeddingArgs& args, std::size_t table,
                                               const Tile& tile, __m256 (&r)[kLanes]) {
  const std::int32_t* ids = args.ids[table] + tile.token;
  const EmbeddingTable& rows = args.tables[table];
#pragma GCC unroll 8
  for (std::size_t i = 0; i < kLanes; ++i) {
    if (i >= tile.tokens) break;
    const std::size_t index = static_cast<std::size_t>(ids[i]) * rows.width + tile.feature;
    const __m256 entries = load_entries<kType>(rows, index, tile.features);
    r[i] = table == 0 ? entries : _mm256_add_ps(r[i], entries);
  }
}

// The sums over the tables in their order.
[[gnu::always_inline]] inline void sum_entries(const EmbeddingArgs& args, const Tile& tile,
                                               __m256 (&r)[kLanes]) {
#pragma GCC unroll 8
  for (__m256& sum : r) sum = _mm256_setzero_ps();
  for (std::size_t table = 0; table < args.table_count; ++table) {
    switch (args.tables[table].type) {
      case TableType::kF32:
        add_entries<TableType::kF32>(args, table, tile, r);
        break;
      case TableType::kF16:
        add_entries<TableType::kF16>(args, table, tile, r);
        break;
      case TableType::kU8:
        add_entries<TableType::kU8>(args, table, tile, r);
        break;
    }
  }
}

// r[i] holds row i of an 8 x 8 matrix before, column i after.
void transpose(__m256 (&r)[kLanes]) {
  __m256 pair[kLanes];
  for (std::size_t i = 0; i < kLanes; i += 2) {
    pair[i] = _mm256_unpacklo_ps(r[i], r[i + 1]);      // [a0 b0 a1 b1 | a4 b4 a5 b5]
    pair[i + 1] = _mm256_unpackhi_ps(r[i], r[i + 1]);  // [a2 b2 a3 b3 | a6 b6 a7 b7]
  }
  __m256 four[kLanes];
  for (std::size_t i = 0; i < kLanes; i += 4)
    for (std::size_t j = 0; j < 2; ++j) {
      four[i + 2 * j] =
          _mm256_shuffle_ps(pair[i + j], pair[i + j + 2], 0x44);  // [a0 b0 c0 d0 | a4 ..]
      four[i + 2 * j + 1] =
          _mm256_shuffle_ps(pair[i + j], pair[i + j + 2], 0xEE);  // [a1 b1 c1 d1 | a5 ..]
    }
  for (std::size_t i = 0; i < 4; ++i) {
    r[i] = _mm256_permute2f128_ps(four[i], four[i + 4], 0x20);
    r[i + 4] = _mm256_permute2f128_ps(four[i], four[i + 4], 0x31);
  }
}

}  // namespace

void embedding_avx2(const EmbeddingArgs& args) noexcept {
  assert(args.table_count >= 1 && args.tokens >= 1 && args.tokens <= kPanelTokens);
  const std::size_t width = args.tables[0].width;
  for (std::size_t t = 0; t < args.tokens; t += kLanes)
    for (std::size_t f = 0; f < width; f += kLanes) {
      const Tile tile{t, args.tokens - t < kLanes ? args.tokens - t : kLanes, f,
                      width - f < kLanes ? width - f : kLanes};
      __m256 r[kLanes];
      // Whole tiles with constants.
      if (tile.tokens == kLanes && tile.features == kLanes)
        sum_entries(args, {t, kLanes, f, kLanes}, r);
      else
        sum_entries(args, tile, r);
      transpose(r);
      for (std::size_t i = 0; i < tile.features; ++i)
        _mm256_store_ps(args.out + (f + i) * kPanelTokens + t, r[i]);
    }
}

}  // namespace filigree::kernels
