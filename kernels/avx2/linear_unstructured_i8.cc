// kUnstructuredI8 with AVX2. An input is one vector of 32 tokens; the vectors of four inputs are
// interleaved into the quads that vpmaddubsw multiplies by four weights: 4 loads, 8 shuffles, 8
// multiplications and 4 additions for 4 nonzeros. Pairs of groups of consecutive inputs, which hold
// 1.2 of them each at 90 % zeros, take 33 operations.
#include <immintrin.h>

#include <cassert>
#include <cstddef>
#include <cstdint>

#include "kernels/internal/kernels_avx2.h"
#include "kernels/internal/linear_avx2.h"
#include "kernels/internal/unstructured_i8.h"

namespace filigree::kernels {
namespace {

constexpr std::size_t kPassTokens = 32;
// Offsets count kInputBytesUnstructuredI8 bytes for an input.
constexpr int kOffsetShift = 1;
static_assert(kPassTokens << kOffsetShift == kInputBytesUnstructuredI8);

// Four inputs from quads of V x 8 tokens. Interleaving acts on 128 bits at a time: byte
// 16 l + 4 v + i of an input is token 8 v + 4 l + i, so that the quads come out in order.
template <int V>
void turn_quad(const std::uint8_t* quads, std::uint8_t* inputs) {
  const __m256i by_input = _mm256_broadcastsi128_si256(
      _mm_setr_epi8(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15));
  __m256i tokens[4];
#pragma GCC unroll 4
  for (int v = 0; v < 4; ++v)
    tokens[v] = v < V ? _mm256_shuffle_epi8(_mm256_load_si256(vectors_at(quads) + v), by_input)
                      : _mm256_setzero_si256();
  const __m256i low01 = _mm256_unpacklo_epi32(tokens[0], tokens[1]);
  const __m256i low23 = _mm256_unpacklo_epi32(tokens[2], tokens[3]);
  const __m256i high01 = _mm256_unpackhi_epi32(tokens[0], tokens[1]);
  const __m256i high23 = _mm256_unpackhi_epi32(tokens[2], tokens[3]);
  __m256i* to = vectors_at(inputs);
  _mm256_store_si256(to, _mm256_unpacklo_epi64(low01, low23));
  _mm256_store_si256(to + 1, _mm256_unpackhi_epi64(low01, low23));
  _mm256_store_si256(to + 2, _mm256_unpacklo_epi64(high01, high23));
  _mm256_store_si256(to + 3, _mm256_unpackhi_epi64(high01, high23));
}

template <int V>
[[gnu::always_inline]] inline void add_four(__m256i (&sums)[V], const std::uint8_t* x,
                                            const std::uint16_t* offsets, const void* four) {
  std::int32_t word;
  __builtin_memcpy(&word, four, sizeof(word));
  const __m256i weights = _mm256_set1_epi32(word);
  // All four offsets in one load; their low bits are 0.
  std::uint64_t packed;
  __builtin_memcpy(&packed, offsets, sizeof(packed));
  packed >>= kOffsetShift;
  const auto input = [&](int i) {
    return _mm256_load_si256(vectors_at(x + static_cast<std::uint16_t>(packed >> (16 * i))));
  };
  const __m256i a = input(0);
  const __m256i b = input(1);
  const __m256i c = input(2);
  const __m256i d = input(3);
  const __m256i ab = _mm256_unpacklo_epi8(a, b);
  const __m256i cd = _mm256_unpacklo_epi8(c, d);
  sums[0] = add_quad(sums[0], _mm256_unpacklo_epi16(ab, cd), weights);
  if constexpr (V > 1) sums[1] = add_quad(sums[1], _mm256_unpackhi_epi16(ab, cd), weights);
  if constexpr (V > 2) {
    const __m256i ab_high = _mm256_unpackhi_epi8(a, b);
    const __m256i cd_high = _mm256_unpackhi_epi8(c, d);
    sums[2] = add_quad(sums[2], _mm256_unpacklo_epi16(ab_high, cd_high), weights);
    if constexpr (V > 3)
      sums[3] = add_quad(sums[3], _mm256_unpackhi_epi16(ab_high, cd_high), weights);
  }
}

template <int V>
[[gnu::noinline]] void add_run(std::int32_t* block_sums, bool begins, const std::uint8_t* x,
                               RowsOfRun run) {
  const std::int8_t* weights = run.weights;
  const std::uint16_t* offsets = run.offsets;
  for (const std::uint16_t* id = run.ids; id != run.ids + run.rows; ++id) {
    __m256i* row = vectors_at(block_sums + *id * kPanelTokens);
    __m256i sums[V];
#pragma GCC unroll 4
    for (int i = 0; i < V; ++i)
      sums[i] = begins ? _mm256_setzero_si256() : _mm256_load_si256(row + i);
    for (const std::int8_t* end = weights + 4 * run.fours; weights != end;
         weights += 4, offsets += 4)
      add_four(sums, x, offsets, weights);
#pragma GCC unroll 4
    for (int i = 0; i < V; ++i) _mm256_store_si256(row + i, sums[i]);
  }
}

template <int V>
void add_slice(const LinearI8Args& args, std::size_t block, std::size_t chunk) {
  const PackedView& weights = args.weights;
  const std::uint8_t* x = input_vectors(args) + chunk * weights.chunk_cols * kPassTokens;
  for_each_run(weights, block, chunk,
               [&](const RowsOfRun& rows) { add_run<V>(args.scratch, chunk == 0, x, rows); });
}

template <int V>
void add_pass(const LinearI8Args& args) {
  for (std::size_t input = 0; input < args.weights.cols; input += 4)
    turn_quad<V>(args.x + input * kPanelTokens, input_vectors(args) + input * kPassTokens);
  for (std::size_t block = args.first_block; block < args.last_block; ++block) {
    for (std::size_t chunk = 0; chunk < args.weights.chunks; ++chunk)
      add_slice<V>(args, block, chunk);
    finish_block_i8_avx2(args, block);
  }
}

void add_pass(const LinearI8Args& args) {
  switch (token_vectors(args.tokens)) {
    case 1:
      return add_pass<1>(args);
    case 2:
      return add_pass<2>(args);
    case 3:
      return add_pass<3>(args);
    default:
      return add_pass<4>(args);
  }
}

}  // namespace

void unstructured_i8_avx2(const LinearI8Args& args) noexcept {
  assert(args.weights.format == WeightFormat::kUnstructuredI8);
  check_linear_i8(args);
  for (std::size_t first = 0; first < args.tokens; first += kPassTokens) {
    LinearI8Args pass = tokens_from(first, args);
    if (pass.tokens > kPassTokens) pass.tokens = kPassTokens;
    add_pass(pass);
  }
}

}  // namespace filigree::kernels
