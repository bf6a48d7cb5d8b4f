// Which weights of a matrix go: the blocks of least saliency, an exact number of them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "tools/model_maker/sparsity.h"

namespace filigree::tools {

// A matrix [rows = outputs][cols = inputs] cut into blocks; those at the edges may be smaller.
class BlockGrid {
 public:
  BlockGrid(std::size_t rows, std::size_t cols, Pattern pattern) noexcept;

  std::size_t rows() const noexcept { return rows_; }
  std::size_t cols() const noexcept { return cols_; }
  std::size_t block_rows() const noexcept { return shape_.outputs; }  // weights of a block
  std::size_t block_cols() const noexcept { return shape_.inputs; }
  std::size_t grid_rows() const noexcept { return ceil_div(rows_, shape_.outputs); }  // blocks
  std::size_t grid_cols() const noexcept { return ceil_div(cols_, shape_.inputs); }
  std::size_t blocks() const noexcept { return grid_rows() * grid_cols(); }
  std::size_t block_of(std::size_t row, std::size_t col) const noexcept {
    return row / shape_.outputs * grid_cols() + col / shape_.inputs;
  }

 private:
  static std::size_t ceil_div(std::size_t a, std::size_t b) noexcept { return (a + b - 1) / b; }

  std::size_t rows_, cols_;
  BlockShape shape_;
};

// 1 for the `count` blocks of least saliency, of equal ones the earlier; the others 0.
std::vector<std::uint8_t> least_blocks(std::span<const double> saliency, std::size_t count);

// [rows][cols], 1 where a weight stays: kept_blocks() blocks with the largest sums of squares.
std::vector<std::uint8_t> magnitude_mask(std::span<const float> weights, const BlockGrid& grid,
                                         std::size_t percent);

// Sets the others to +0.
void apply_mask(std::span<float> weights, std::span<const std::uint8_t> mask);

}  // namespace filigree::tools
