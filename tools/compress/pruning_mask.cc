#include "tools/compress/pruning_mask.h"

#include <algorithm>
#include <cassert>
#include <numeric>

namespace filigree::tools {

BlockGrid::BlockGrid(std::size_t rows, std::size_t cols, Pattern pattern) noexcept
    : rows_(rows), cols_(cols), shape_(block_shape(pattern)) {}

std::vector<std::uint8_t> least_blocks(std::span<const double> saliency, std::size_t count) {
  assert(count <= saliency.size());
  std::vector<std::size_t> order(saliency.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::nth_element(order, order.begin() + static_cast<std::ptrdiff_t>(count),
                           [&](std::size_t a, std::size_t b) {
                             return saliency[a] != saliency[b] ? saliency[a] < saliency[b] : a < b;
                           });
  std::vector<std::uint8_t> least(saliency.size(), 0);
  for (std::size_t i = 0; i < count; ++i) least[order[i]] = 1;
  return least;
}

std::vector<std::uint8_t> magnitude_mask(std::span<const float> weights, const BlockGrid& grid,
                                         std::size_t percent) {
  std::vector<double> saliency(grid.blocks(), 0);
  for (std::size_t row = 0; row < grid.rows(); ++row)
    for (std::size_t col = 0; col < grid.cols(); ++col) {
      const double w = weights[row * grid.cols() + col];
      saliency[grid.block_of(row, col)] += w * w;
    }
  const std::vector<std::uint8_t> goes =
      least_blocks(saliency, grid.blocks() - kept_blocks(grid.blocks(), percent));
  std::vector<std::uint8_t> mask(weights.size());
  for (std::size_t row = 0; row < grid.rows(); ++row)
    for (std::size_t col = 0; col < grid.cols(); ++col)
      mask[row * grid.cols() + col] = goes[grid.block_of(row, col)] == 0 ? 1 : 0;
  return mask;
}

void apply_mask(std::span<float> weights, std::span<const std::uint8_t> mask) {
  for (std::size_t i = 0; i < weights.size(); ++i)
    if (mask[i] == 0) weights[i] = 0;
}

}  // namespace filigree::tools
