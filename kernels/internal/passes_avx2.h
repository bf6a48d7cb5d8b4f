// How AVX2 kernels of rows of entries pass over a panel: a few vectors at a time, over chunks of
// more inputs. A row then loads and stores its sums for more entries, and two rows in lock step
// have chains of fma enough.
#pragma once

#include "kernels/internal/entries_f32.h"
#include "kernels/internal/vectors_avx2.h"

namespace filigree::kernels {
namespace {

constexpr int kMostPassVectors = 6;

// Passes begin at a cache line, or lines would be read twice: 4 + 4 vectors for 8, 6 + 4 for 10
// (768x768, 90 % zeros, 80 tokens, Zen 3: 5 + 5 takes 1.06 of the time, 4 + 4 + 2 and 4 + 3 + 3
// 1.02).
constexpr int first_pass_vectors(int vectors) {
  if (vectors <= kMostPassVectors) return vectors;
  return vectors <= 8 ? 4 : 6;
}

// `slices` of 1 vector, 2 vectors and so on.
inline void linear_in_passes(const LinearF32Args& args,
                             AddSliceF32* const (&slices)[kMostPassVectors]) {
  const int vectors = vectors_of<Avx2>(args.tokens);
  const int first = first_pass_vectors(vectors);
  const PassF32 passes[] = {{0, slices[first - 1]},
                            {static_cast<std::size_t>(first * Avx2::kLanes),
                             vectors == first ? nullptr : slices[vectors - first - 1]}};
  linear_entries(args, passes, vectors == first ? 1 : 2);
}

}  // namespace
}  // namespace filigree::kernels
