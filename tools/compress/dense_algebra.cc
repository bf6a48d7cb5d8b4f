#include "tools/compress/dense_algebra.h"

#include <cmath>
#include <stdexcept>
#include <string>

namespace filigree::tools {

double dot(const double* a, const double* b, std::size_t count) noexcept {
  constexpr std::size_t kSums = 8;
  double sums[kSums] = {};
  std::size_t i = 0;
  for (; i + kSums <= count; i += kSums)
    for (std::size_t s = 0; s < kSums; ++s) sums[s] += a[i + s] * b[i + s];
  for (std::size_t s = 0; i + s < count; ++s) sums[s] += a[i + s] * b[i + s];
  return ((sums[0] + sums[1]) + (sums[2] + sums[3])) + ((sums[4] + sums[5]) + (sums[6] + sums[7]));
}

void cholesky(SquareMatrix& a) {
  for (std::size_t i = 0; i < a.size(); ++i) {
    double* const row = a.row(i);
    for (std::size_t j = 0; j < i; ++j) row[j] = (row[j] - dot(row, a.row(j), j)) / a.at(j, j);
    const double pivot = row[i] - dot(row, row, i);
    if (!(pivot > 0))
      throw std::invalid_argument("pivot " + std::to_string(i) + " of " + std::to_string(a.size()) +
                                  " is " + std::to_string(pivot) +
                                  ", expected a positive definite matrix");
    row[i] = std::sqrt(pivot);
  }
}

void solve(const SquareMatrix& l, std::span<double> b) noexcept {
  for (std::size_t i = 0; i < l.size(); ++i)
    b[i] = (b[i] - dot(l.row(i), b.data(), i)) / l.at(i, i);
  for (std::size_t i = l.size(); i-- > 0;) {
    b[i] /= l.at(i, i);
    for (std::size_t j = 0; j < i; ++j) b[j] -= l.at(i, j) * b[i];
  }
}

// With rows and columns in reverse order A = L L^T gives A = R R^T, R upper triangular, and
// A^-1 = R^-T R^-1: so U = R^-1, which is L^-1 in reverse order.
SquareMatrix inverse_factor(const SquareMatrix& a) {
  const std::size_t n = a.size(), last = n - 1;
  SquareMatrix l(n);
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t j = 0; j <= i; ++j) l.at(i, j) = a.at(last - i, last - j);
  cholesky(l);
  SquareMatrix inverse(n);  // L^-1, row by row from the rows above
  for (std::size_t i = 0; i < n; ++i) {
    double* const row = inverse.row(i);
    for (std::size_t k = 0; k < i; ++k) {
      const double factor = l.at(i, k);
      const double* const above = inverse.row(k);
      for (std::size_t j = 0; j <= k; ++j) row[j] -= factor * above[j];
    }
    const double pivot = l.at(i, i);
    for (std::size_t j = 0; j < i; ++j) row[j] /= pivot;
    row[i] = 1 / pivot;
  }
  SquareMatrix u(n);
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t j = i; j < n; ++j) u.at(i, j) = inverse.at(last - i, last - j);
  return u;
}

}  // namespace filigree::tools
