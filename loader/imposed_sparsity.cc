#include "loader/imposed_sparsity.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <limits>
#include <numeric>
#include <vector>

namespace filigree::loader {
namespace {

// The blocks of a matrix, row by row of blocks.
class BlockGrid {
 public:
  BlockGrid(std::size_t elements, std::size_t cols, const ImposedSparsity& imposed)
      : rows_(elements / cols),
        cols_(cols),
        block_rows_(imposed.block_rows),
        block_cols_(imposed.block_cols),
        across_((cols + block_cols_ - 1) / block_cols_) {}

  std::size_t blocks() const { return (rows_ + block_rows_ - 1) / block_rows_ * across_; }

  // Calls visit(index into the matrix) for each weight of the block.
  template <class Visit>
  void for_each(std::size_t block, Visit visit) const {
    const std::size_t row = block / across_ * block_rows_;
    const std::size_t col = block % across_ * block_cols_;
    for (std::size_t r = row; r < std::min(row + block_rows_, rows_); ++r)
      for (std::size_t c = col; c < std::min(col + block_cols_, cols_); ++c) visit(r * cols_ + c);
  }

 private:
  std::size_t rows_, cols_, block_rows_, block_cols_, across_;
};

}  // namespace

template <class Weight>
void impose_sparsity(std::span<Weight> weights, std::size_t cols, const ImposedSparsity& imposed) {
  if (imposed.zeros <= 0 || weights.empty()) return;
  const BlockGrid grid(weights.size(), cols, imposed);
  std::vector<double> squares(grid.blocks(), 0.0);
  for (std::size_t block = 0; block < squares.size(); ++block) {
    grid.for_each(block, [&](std::size_t i) {
      squares[block] += static_cast<double>(weights[i]) * static_cast<double>(weights[i]);
    });
    // NaN in a file must not break the order; it is not small.
    if (std::isnan(squares[block])) squares[block] = std::numeric_limits<double>::infinity();
  }
  std::vector<std::size_t> order(squares.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  const auto count = static_cast<std::ptrdiff_t>(
      std::llround(std::min(imposed.zeros, 1.0) * static_cast<double>(order.size())));
  std::nth_element(order.begin(), order.begin() + count, order.end(),
                   [&](std::size_t a, std::size_t b) {
                     return squares[a] != squares[b] ? squares[a] < squares[b] : a < b;
                   });
  for (std::ptrdiff_t i = 0; i < count; ++i)
    grid.for_each(order[static_cast<std::size_t>(i)],
                  [&](std::size_t w) { weights[w] = Weight{0}; });
}

template void impose_sparsity(std::span<float>, std::size_t, const ImposedSparsity&);
template void impose_sparsity(std::span<std::int16_t>, std::size_t, const ImposedSparsity&);

std::string what_if_text(const ImposedSparsity& imposed) {
  char percent[32];
  std::snprintf(percent, sizeof percent, "%.4g", 100 * imposed.zeros);
  const std::string blocks = imposed.block_rows * imposed.block_cols == 1
                                 ? "weights"
                                 : std::to_string(imposed.block_rows) + "x" +
                                       std::to_string(imposed.block_cols) + " blocks";
  return "what if: " + std::string(percent) + " % of the " + blocks +
         " of every matrix set to zero; the answers mean nothing";
}

}  // namespace filigree::loader
