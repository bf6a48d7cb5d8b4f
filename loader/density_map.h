// Where the nonzeros of a matrix are, small enough to look at.
#pragma once

#include <algorithm>
#include <cstddef>
#include <span>
#include <vector>

namespace filigree::loader {

struct DensityMap {
  std::size_t height = 0;    // outputs from top to bottom
  std::size_t width = 0;     // inputs from left to right
  std::vector<float> cells;  // [height][width], the share of nonzeros of the weights in each cell

  double most() const { return cells.empty() ? 0 : *std::ranges::max_element(cells); }
};

// weights: row-major, rows of `cols`. The longer side has at most `side` cells, the other as many
// as keep the proportions, at least one; neither has more cells than weights. Requires cols and
// side > 0.
template <class Weight>
DensityMap density_map(std::span<const Weight> weights, std::size_t cols, std::size_t side) {
  const std::size_t rows = weights.size() / cols;
  const std::size_t longer = std::max(rows, cols);
  const auto cells_of = [&](std::size_t weights_of_side) {
    const std::size_t cells = std::min(longer, side) * weights_of_side / longer;
    return std::max<std::size_t>(cells, 1);
  };
  DensityMap map{.height = cells_of(rows), .width = cells_of(cols), .cells = {}};
  std::vector<float> counts(map.height * map.width, 0.0F);
  map.cells = counts;
  for (std::size_t row = 0; row < rows; ++row)
    for (std::size_t col = 0; col < cols; ++col) {
      const std::size_t cell = row * map.height / rows * map.width + col * map.width / cols;
      counts[cell] += 1;
      if (weights[row * cols + col] != Weight{0}) map.cells[cell] += 1;
    }
  for (std::size_t cell = 0; cell < counts.size(); ++cell)
    if (counts[cell] > 0) map.cells[cell] /= counts[cell];
  return map;
}

}  // namespace filigree::loader
