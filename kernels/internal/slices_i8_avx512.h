// How sparse int8 kernels with AVX-512 walk the slices of a matrix, and where the sums of their
// rows come from and go to.
#pragma once

#include <immintrin.h>

#include <cstddef>
#include <cstdint>

#include "kernels/internal/linear_i8_avx512.h"
#include "kernels/linear.h"

namespace filigree::kernels {

// What a slice does with the sums of its rows: the first chunk starts them at the offset, the last
// one finishes them in registers, and from chunk to chunk they lie in args.scratch as [row][T].
struct SliceRole {
  bool begins;
  bool ends;
};

static constexpr SliceRole kOnlySlice{true, true};
static constexpr SliceRole kFirstSlice{true, false};
static constexpr SliceRole kMiddleSlice{false, false};
static constexpr SliceRole kLastSlice{false, true};

static constexpr std::size_t kPrefetchRows = 2;
static_assert(kPrefetchRows <= kRowIdPadding);

template <int V>
static inline void prefetch_sums(const std::int32_t* sums) {
  for (int v = 0; v < V; ++v)
    _mm_prefetch(reinterpret_cast<const char*>(vectors_at(sums) + v), _MM_HINT_T0);
}

// The sums of the row *id of a block, and a look ahead at those of rows to come.
template <int V, SliceRole kRole>
[[gnu::always_inline]] static inline void begin_row_i8(const LinearI8Args& args,
                                                       std::size_t first_row,
                                                       const std::uint16_t* id,
                                                       __m512i (&sums)[V]) {
  const std::int32_t* carried = args.scratch + *id * kPanelTokens;
  if constexpr (!kRole.begins) prefetch_sums<V>(args.scratch + id[kPrefetchRows] * kPanelTokens);
  for (int i = 0; i < V; ++i)
    sums[i] = kRole.begins ? _mm512_set1_epi32(args.offset[first_row + *id])
                           : _mm512_load_si512(vectors_at(carried) + i);
}

template <int V, SliceRole kRole>
[[gnu::always_inline]] static inline void end_row_i8(const FinishI8& finish, std::size_t first_row,
                                                     std::size_t id, const __m512i (&sums)[V]) {
  if constexpr (kRole.ends) {
    finish_row_i8(finish, first_row + id, sums);
  } else {
    std::int32_t* carried = finish.args.scratch + id * kPanelTokens;
    for (int i = 0; i < V; ++i) _mm512_store_si512(vectors_at(carried) + i, sums[i]);
  }
}

// Calls add<role>(block, chunk) for every slice of the blocks of a call, chunks of a block in turn.
template <class AddSlice>
[[gnu::always_inline]] static inline void for_each_slice_i8(const FinishI8& finish, AddSlice add) {
  const std::size_t last = finish.args.weights.chunks - 1;
  for (std::size_t block = finish.args.first_block; block < finish.args.last_block; ++block) {
    if (last == 0) {
      add.template operator()<kOnlySlice>(block, std::size_t{0});
    } else {
      add.template operator()<kFirstSlice>(block, std::size_t{0});
      for (std::size_t chunk = 1; chunk < last; ++chunk)
        add.template operator()<kMiddleSlice>(block, chunk);
      add.template operator()<kLastSlice>(block, last);
    }
    finish_padding_rows_i8(finish, block);
  }
}

}  // namespace filigree::kernels
