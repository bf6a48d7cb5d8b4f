// kUnstructuredI8 with AVX-512 VNNI. An input is one vector of 64 tokens; the vectors of four
// inputs are interleaved into the quads that vpdpbusd multiplies by four weights: 4 loads, 8
// shuffles and 4 vpdpbusd for 4 nonzeros. The shuffles take one port, which is the bound.
#include <immintrin.h>

#include <cassert>
#include <cstddef>
#include <cstdint>

#include "kernels/internal/arithmetic_avx512_vnni.h"
#include "kernels/internal/kernels_avx512_vnni.h"
#include "kernels/internal/linear_checks.h"
#include "kernels/internal/linear_i8_avx512.h"
#include "kernels/internal/slices_i8_avx512.h"
#include "kernels/internal/unstructured_i8.h"

namespace filigree::kernels {
namespace {

// Four inputs from quads of V x 16 tokens. Interleaving acts on 128 bits at a time: byte
// 16 l + 4 v + i of an input is token 16 v + 4 l + i, so that the quads come out in order.
template <int V>
void turn_quad(const std::uint8_t* quads, std::uint8_t* inputs) {
  const __m512i by_input =
      _mm512_broadcast_i32x4(_mm_setr_epi8(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15));
  __m512i tokens[4];
  for (int v = 0; v < 4; ++v)
    tokens[v] = v < V ? _mm512_shuffle_epi8(_mm512_load_si512(vectors_at(quads) + v), by_input)
                      : _mm512_setzero_si512();
  const __m512i low01 = _mm512_unpacklo_epi32(tokens[0], tokens[1]);
  const __m512i low23 = _mm512_unpacklo_epi32(tokens[2], tokens[3]);
  const __m512i high01 = _mm512_unpackhi_epi32(tokens[0], tokens[1]);
  const __m512i high23 = _mm512_unpackhi_epi32(tokens[2], tokens[3]);
  __m512i* to = vectors_at(inputs);
  _mm512_store_si512(to, _mm512_unpacklo_epi64(low01, low23));
  _mm512_store_si512(to + 1, _mm512_unpackhi_epi64(low01, low23));
  _mm512_store_si512(to + 2, _mm512_unpacklo_epi64(high01, high23));
  _mm512_store_si512(to + 3, _mm512_unpackhi_epi64(high01, high23));
}

template <int V>
void turn_panel(const LinearI8Args& args) {
  for (std::size_t input = 0; input < args.weights.cols; input += 4) {
    turn_quad<V>(args.x + input * kPanelTokens,
                 input_vectors(args) + input * kInputBytesUnstructuredI8);
  }
}

template <int V>
[[gnu::always_inline]] inline void add_four(__m512i (&sums)[V], const std::uint8_t* x,
                                            const std::uint16_t* offsets, const void* four) {
  std::int32_t word;
  __builtin_memcpy(&word, four, sizeof(word));
  const __m512i weights = _mm512_set1_epi32(word);
  const auto input = [&](int i) { return _mm512_load_si512(vectors_at(x + offsets[i])); };
  const __m512i a = input(0);
  const __m512i b = input(1);
  const __m512i c = input(2);
  const __m512i d = input(3);
  const __m512i ab = _mm512_unpacklo_epi8(a, b);
  const __m512i cd = _mm512_unpacklo_epi8(c, d);
  sums[0] = QuadsVnni::add_quad(sums[0], _mm512_unpacklo_epi16(ab, cd), weights);
  if constexpr (V > 1)
    sums[1] = QuadsVnni::add_quad(sums[1], _mm512_unpackhi_epi16(ab, cd), weights);
  if constexpr (V > 2) {
    const __m512i ab_high = _mm512_unpackhi_epi8(a, b);
    const __m512i cd_high = _mm512_unpackhi_epi8(c, d);
    sums[2] = QuadsVnni::add_quad(sums[2], _mm512_unpacklo_epi16(ab_high, cd_high), weights);
    if constexpr (V > 3)
      sums[3] = QuadsVnni::add_quad(sums[3], _mm512_unpackhi_epi16(ab_high, cd_high), weights);
  }
}

// Gains 4 % of a whole model at 128 tokens and 8 % at 16, whose weights come from L3; 512 to 4096
// are within 2 %.
constexpr std::size_t kPrefetchEntries = 1024;

// Fetches what the streams hold `kPrefetchEntries` after the `count` entries of one row.
[[gnu::always_inline]] inline void prefetch_entries(const std::int8_t* weights,
                                                    const std::uint16_t* offsets,
                                                    std::size_t count) {
  constexpr std::size_t kLine = 64;
  for (std::size_t i = 0; i < count; i += kLine / sizeof(std::uint16_t))
    _mm_prefetch(reinterpret_cast<const char*>(offsets + kPrefetchEntries + i), _MM_HINT_T0);
  for (std::size_t i = 0; i < count; i += kLine)
    _mm_prefetch(reinterpret_cast<const char*>(weights + kPrefetchEntries + i), _MM_HINT_T0);
}

template <int V, SliceRole kRole>
[[gnu::noinline]] void add_run(const FinishI8& finish, std::size_t first_row, const std::uint8_t* x,
                               RowsOfRun run) {
  const std::int8_t* weights = run.weights;
  const std::uint16_t* offsets = run.offsets;
  for (const std::uint16_t* id = run.ids; id != run.ids + run.rows; ++id) {
    __m512i sums[V];
    begin_row_i8<V, kRole>(finish.args, first_row, id, sums);
    prefetch_entries(weights, offsets, 4 * run.fours);
    for (const std::int8_t* end = weights + 4 * run.fours; weights != end;
         weights += 4, offsets += 4)
      add_four(sums, x, offsets, weights);
    end_row_i8<V, kRole>(finish, first_row, *id, sums);
  }
}

template <int V, SliceRole kRole>
void add_slice(const FinishI8& finish, std::size_t block, std::size_t chunk) {
  const PackedView& weights = finish.args.weights;
  const std::uint8_t* x =
      input_vectors(finish.args) + chunk * weights.chunk_cols * kInputBytesUnstructuredI8;
  for_each_run(weights, block, chunk, [&](const RowsOfRun& rows) {
    add_run<V, kRole>(finish, block * weights.block_rows, x, rows);
  });
}

template <int V>
void unstructured_blocks(const LinearI8Args& args) {
  const FinishI8 finish = finish_i8(args);
  turn_panel<V>(args);
  for_each_slice_i8(finish, [&]<SliceRole kRole>(std::size_t block, std::size_t chunk) {
    add_slice<V, kRole>(finish, block, chunk);
  });
}

void unstructured(const LinearI8Args& args) {
  switch (token_vectors_avx512(args.tokens)) {
    case 1:
      return unstructured_blocks<1>(args);
    case 2:
      return unstructured_blocks<2>(args);
    case 3:
      return unstructured_blocks<3>(args);
    default:
      return unstructured_blocks<4>(args);
  }
}

}  // namespace

// More tokens than a vector of bytes holds are 48 and the rest: 3 + 2 vectors take 7 + 4 shuffles,
// as many as 4 + 1, and the inputs of both parts together would not stay in the caches.
void unstructured_i8_avx512_vnni(const LinearI8Args& args) noexcept {
  assert(args.weights.format == WeightFormat::kUnstructuredI8);
  check_linear_i8(args);
  if (args.tokens <= kInputBytesUnstructuredI8) return unstructured(args);
  constexpr std::size_t kFirst = 3 * kAvx512Lanes;
  static_assert(kPanelTokens - kFirst <= kInputBytesUnstructuredI8);
  LinearI8Args first = args;
  first.tokens = kFirst;
  unstructured(first);
  unstructured(tokens_from(kFirst, args));
}

}  // namespace filigree::kernels
