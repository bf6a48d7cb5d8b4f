// Symmetric positive definite matrices in double precision. Sums run in one stated order, so equal
// inputs give equal results whatever the number of threads.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace filigree::tools {

// Row-major [n][n].
class SquareMatrix {
 public:
  SquareMatrix() = default;
  explicit SquareMatrix(std::size_t n) : n_(n), values_(n * n, 0) {}

  std::size_t size() const noexcept { return n_; }
  double* row(std::size_t i) noexcept { return values_.data() + i * n_; }
  const double* row(std::size_t i) const noexcept { return values_.data() + i * n_; }
  double& at(std::size_t i, std::size_t j) noexcept { return values_[i * n_ + j]; }
  double at(std::size_t i, std::size_t j) const noexcept { return values_[i * n_ + j]; }

 private:
  std::size_t n_ = 0;
  std::vector<double> values_;
};

// Sum of a[i] * b[i]: eight sums of every eighth product, then their sum.
double dot(const double* a, const double* b, std::size_t count) noexcept;

// The lower triangle becomes L with A = L L^T; the upper one is neither read nor written. Throws
// std::invalid_argument when a pivot is not positive: A is not positive definite.
void cholesky(SquareMatrix& a);

// x = A^-1 b in place, for L of cholesky().
void solve(const SquareMatrix& l, std::span<double> b) noexcept;

// The upper triangular U with U^T U = A^-1; zeros below. Column c of row c on is what remains of
// the inverse when the columns before c are fixed: U[c][c]^2 is the c-th diagonal element of the
// inverse of A[c.., c..]. Throws as cholesky().
SquareMatrix inverse_factor(const SquareMatrix& a);

}  // namespace filigree::tools
