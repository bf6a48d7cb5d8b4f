#include "serve/tasks/probabilities.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <stdexcept>
#include <vector>

#include "kernels/kernel_table.h"
#include "kernels/softmax.h"

namespace filigree::serve {
namespace {

constexpr std::size_t kLanes = kernels::kQueryBlock;

// A lane is a row.
struct alignas(64) Lanes {
  float value[kLanes];
};

// Reads one row at a time, so that the results of different machines agree: every kernel table
// computes the same bits.
void softmax_block(float* values, std::size_t rows, std::vector<Lanes>& scores) {
  const std::size_t columns = scores.size();
  for (std::size_t column = 0; column < columns; ++column)
    for (std::size_t lane = 0; lane < kLanes; ++lane)
      scores[column].value[lane] = lane < rows ? values[lane * columns + column] : 0;
  Lanes sums;
  kernels::supported_tables().back().softmax(
      {.scores = scores[0].value, .keys = columns, .sums = sums.value});
  for (std::size_t row = 0; row < rows; ++row)
    for (std::size_t column = 0; column < columns; ++column)
      values[row * columns + column] = scores[column].value[row] / sums.value[row];
}

}  // namespace

void softmax_rows(std::span<float> values, std::size_t columns) {
  assert(columns > 0 && values.size() % columns == 0);
  if (!std::ranges::all_of(values, [](float value) { return std::isfinite(value); }))
    throw std::runtime_error("the model gave a logit that is not finite");
  const std::size_t rows = values.size() / columns;
  std::vector<Lanes> scores(columns);
  for (std::size_t row = 0; row < rows; row += kLanes)
    softmax_block(values.data() + row * columns, std::min(kLanes, rows - row), scores);
}

void sigmoid(std::span<float> values) {
  std::vector<float> pairs;
  pairs.reserve(2 * values.size());
  for (const float value : values) pairs.insert(pairs.end(), {value, 0.0F});
  softmax_rows(pairs, 2);
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = pairs[2 * i];
}

}  // namespace filigree::serve
