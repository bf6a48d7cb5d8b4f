// A what-if: how fast would a model be, had it been trained to be sparser? The smallest weights of
// every matrix of the encoder become zero before it is packed. Nothing is trained, so the answers
// of such a model mean nothing; its times do.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace filigree::loader {

struct ImposedSparsity {
  double zeros = 0;  // of the blocks of each matrix, in [0, 1]; 0 imposes nothing
  // Aligned blocks of outputs x inputs, zero as a whole.
  std::size_t block_rows = 1;
  std::size_t block_cols = 1;
};

// Zeroes the blocks of the least sum of squares, of equal ones those that come first. Those that
// are zero already count. weights: row-major, rows of `cols`; blocks at the ends may be smaller.
// Instantiated for float and std::int16_t.
template <class Weight>
void impose_sparsity(std::span<Weight> weights, std::size_t cols, const ImposedSparsity& imposed);

// "what if: 90 % of the 1x4 blocks of every matrix set to zero; the answers mean nothing".
std::string what_if_text(const ImposedSparsity& imposed);

}  // namespace filigree::loader
