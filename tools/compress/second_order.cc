#include "tools/compress/second_order.h"

#include <algorithm>
#include <atomic>
#include <exception>
#include <mutex>
#include <numeric>

namespace filigree::tools {
namespace {

// As SparseGPT's: masks adapt to the compensation of earlier groups, and the columns after a group
// are updated once for the whole group. A multiple of every block's width.
constexpr std::size_t kGroupColumns = 128;

// Calls work(i) for i below `count`, on all threads; rethrows the first exception.
template <class Work>
void for_each(runtime::WorkerGroup& group, std::size_t count, Work work) {
  std::atomic<std::size_t> next{0};
  std::mutex mutex;
  std::exception_ptr failure;
  group.parallel(group.size(), [&](std::size_t) {
    try {
      for (std::size_t i = next++; i < count; i = next++) work(i);
    } catch (...) {
      const std::lock_guard lock(mutex);
      if (failure == nullptr) failure = std::current_exception();
      next = count;
    }
  });
  if (failure != nullptr) std::rethrow_exception(failure);
}

class Sweep {
 public:
  Sweep(std::span<const float> weights, const BlockGrid& grid, const SquareMatrix& hessian,
        runtime::WorkerGroup& group)
      : grid_(grid),
        group_(group),
        factor_(inverse_factor(hessian)),
        weights_(weights.begin(), weights.end()),
        mask_(weights.size(), 1) {}

  std::vector<std::uint8_t> mask(std::size_t percent) && {
    const std::vector<std::size_t> quotas = group_quotas(percent);
    for (std::size_t g = 0; g < quotas.size(); ++g) {
      const std::size_t first = g * kGroupColumns;
      const std::size_t last = std::min(first + kGroupColumns, grid_.cols());
      remove_blocks(first, last, quotas[g]);
      for_each(group_, grid_.rows(), [&](std::size_t row) { compensate(row, first, last); });
    }
    return std::move(mask_);
  }

 private:
  // How many blocks go in each group of columns, by the cost of removing each alone.
  std::vector<std::size_t> group_quotas(std::size_t percent) const {
    std::vector<double> inverse_diagonal(grid_.cols(), 0);
    for (std::size_t k = 0; k < grid_.cols(); ++k)
      for (std::size_t col = k; col < grid_.cols(); ++col)
        inverse_diagonal[col] += factor_.at(k, col) * factor_.at(k, col);
    std::vector<double> saliency(grid_.blocks(), 0);
    for (std::size_t row = 0; row < grid_.rows(); ++row)
      for (std::size_t col = 0; col < grid_.cols(); ++col) {
        const double w = weights_[row * grid_.cols() + col];
        saliency[grid_.block_of(row, col)] += w * w / inverse_diagonal[col];
      }
    const std::vector<std::uint8_t> goes =
        least_blocks(saliency, grid_.blocks() - kept_blocks(grid_.blocks(), percent));
    std::vector<std::size_t> quotas((grid_.cols() + kGroupColumns - 1) / kGroupColumns, 0);
    for (std::size_t block = 0; block < goes.size(); ++block)
      quotas[block % grid_.grid_cols() * grid_.block_cols() / kGroupColumns] += goes[block];
    return quotas;
  }

  // Chooses `count` blocks of the columns [first, last) and takes them out of the mask.
  void remove_blocks(std::size_t first, std::size_t last, std::size_t count) {
    const std::size_t width = (last - first + grid_.block_cols() - 1) / grid_.block_cols();
    const auto block_of = [&](std::size_t row, std::size_t col) {
      return row / grid_.block_rows() * width + (col - first) / grid_.block_cols();
    };
    std::vector<double> saliency(grid_.grid_rows() * width, 0);
    for (std::size_t row = 0; row < grid_.rows(); ++row)
      for (std::size_t col = first; col < last; ++col) {
        const double ratio = weights_[row * grid_.cols() + col] / factor_.at(col, col);
        saliency[block_of(row, col)] += ratio * ratio;
      }
    const std::vector<std::uint8_t> goes = least_blocks(saliency, count);
    for (std::size_t row = 0; row < grid_.rows(); ++row)
      for (std::size_t col = first; col < last; ++col)
        if (goes[block_of(row, col)] != 0) mask_[row * grid_.cols() + col] = 0;
  }

  // Columns to the right make up for what goes; those beyond the group together, at the end.
  void compensate(std::size_t row, std::size_t first, std::size_t last) {
    double* const w = weights_.data() + row * grid_.cols();
    const std::uint8_t* const mask = mask_.data() + row * grid_.cols();
    double errors[kGroupColumns] = {};
    for (std::size_t col = first; col < last; ++col) {
      if (mask[col] != 0) continue;
      const double* const factor = factor_.row(col);
      const double error = w[col] / factor[col];
      for (std::size_t j = col; j < last; ++j) w[j] -= error * factor[j];
      errors[col - first] = error;
      w[col] = 0;
    }
    for (std::size_t col = first; col < last; ++col) {
      const double error = errors[col - first];
      if (error == 0) continue;
      const double* const factor = factor_.row(col);
      for (std::size_t j = last; j < grid_.cols(); ++j) w[j] -= error * factor[j];
    }
  }

  const BlockGrid& grid_;
  runtime::WorkerGroup& group_;
  const SquareMatrix factor_;
  std::vector<double> weights_;
  std::vector<std::uint8_t> mask_;
};

// Rows that share a mask share its factor: four by four in 4x1 blocks.
class RowMinimum {
 public:
  explicit RowMinimum(const SquareMatrix& hessian) : hessian_(hessian) {}

  void operator()(std::span<const float> weights, std::span<const std::uint8_t> mask,
                  std::span<float> out) {
    if (!std::ranges::equal(mask, mask_)) factorise(mask);
    const std::size_t cols = weights.size();
    const std::vector<double> wide(weights.begin(), weights.end());
    std::vector<double> b(kept_.size());
    for (std::size_t i = 0; i < kept_.size(); ++i)
      b[i] = dot(hessian_.row(kept_[i]), wide.data(), cols);
    solve(factor_, b);
    std::ranges::fill(out, 0.0F);
    for (std::size_t i = 0; i < kept_.size(); ++i) out[kept_[i]] = static_cast<float>(b[i]);
  }

 private:
  void factorise(std::span<const std::uint8_t> mask) {
    mask_.assign(mask.begin(), mask.end());
    kept_.clear();
    for (std::size_t col = 0; col < mask.size(); ++col)
      if (mask[col] != 0) kept_.push_back(col);
    factor_ = SquareMatrix(kept_.size());
    for (std::size_t i = 0; i < kept_.size(); ++i)
      for (std::size_t j = 0; j <= i; ++j) factor_.at(i, j) = hessian_.at(kept_[i], kept_[j]);
    cholesky(factor_);
  }

  const SquareMatrix& hessian_;
  std::vector<std::uint8_t> mask_;
  std::vector<std::size_t> kept_;
  SquareMatrix factor_;
};

constexpr std::size_t kRowsTogether = 4;

}  // namespace

std::vector<std::uint8_t> second_order_mask(std::span<const float> weights, const BlockGrid& grid,
                                            std::size_t percent, const SquareMatrix& hessian,
                                            runtime::WorkerGroup& group) {
  return Sweep(weights, grid, hessian, group).mask(percent);
}

std::vector<float> compensated(std::span<const float> weights, std::span<const std::uint8_t> mask,
                               const SquareMatrix& hessian, runtime::WorkerGroup& group) {
  const std::size_t cols = hessian.size(), rows = weights.size() / cols;
  std::vector<float> result(weights.size());
  for_each(group, (rows + kRowsTogether - 1) / kRowsTogether, [&](std::size_t part) {
    RowMinimum minimum(hessian);
    for (std::size_t row = part * kRowsTogether; row < std::min(rows, (part + 1) * kRowsTogether);
         ++row)
      minimum(weights.subspan(row * cols, cols), mask.subspan(row * cols, cols),
              std::span(result).subspan(row * cols, cols));
  });
  return result;
}

double output_error(std::span<const float> weights, std::span<const float> pruned,
                    const SquareMatrix& hessian, runtime::WorkerGroup& group) {
  const std::size_t cols = hessian.size(), rows = weights.size() / cols;
  std::vector<double> errors(rows);
  for_each(group, rows, [&](std::size_t row) {
    std::vector<double> change(cols);
    for (std::size_t col = 0; col < cols; ++col)
      change[col] = static_cast<double>(pruned[row * cols + col]) - weights[row * cols + col];
    double error = 0;
    for (std::size_t col = 0; col < cols; ++col)
      if (change[col] != 0) error += change[col] * dot(hessian.row(col), change.data(), cols);
    errors[row] = error;
  });
  return std::accumulate(errors.begin(), errors.end(), 0.0);
}

std::vector<float> prune_second_order(std::span<const float> weights, const BlockGrid& grid,
                                      std::size_t percent, const SquareMatrix& hessian,
                                      runtime::WorkerGroup& group) {
  const auto mask = second_order_mask(weights, grid, percent, hessian, group);
  std::vector<float> pruned = compensated(weights, mask, hessian, group);
  const auto other_mask = magnitude_mask(weights, grid, percent);
  std::vector<float> other(weights.begin(), weights.end());
  apply_mask(other, other_mask);
  if (output_error(weights, pruned, hessian, group) <= output_error(weights, other, hessian, group))
    return pruned;
  return compensated(weights, other_mask, hessian, group);
}

}  // namespace filigree::tools
