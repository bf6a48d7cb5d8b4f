// Pruning against exhaustive search and against double-precision normal equations.
#include "tools/compress/second_order.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

#include "tools/cli/errors.h"
#include "tools/compress/input_moments.h"
#include "tools/compress/layer_choice.h"
#include "tools/model_maker/random.h"

namespace filigree::tools {
namespace {

std::vector<float> numbers(std::size_t count, const std::string& name) {
  Random random(1, name);
  std::vector<float> values(count);
  for (float& value : values) value = random.bell();
  return values;
}

// Inputs that depend on each other, as those of a trained layer do.
SquareMatrix hessian_of(std::size_t n, const std::string& name) {
  const std::size_t tokens = 3 * n;
  const std::vector<float> base = numbers(tokens * n, name);
  SquareMatrix h(n);
  for (std::size_t t = 0; t < tokens; ++t) {
    std::vector<double> x(n);
    for (std::size_t i = 0; i < n; ++i)
      x[i] = base[t * n + i] + 0.7 * base[t * n + (i + 1) % n] + 0.5 * base[t * n];
    for (std::size_t i = 0; i < n; ++i)
      for (std::size_t j = 0; j < n; ++j) h.at(i, j) += 2 * x[i] * x[j];
  }
  return damped(h);
}

// Gaussian elimination with pivoting on the kept columns: another way than the code under test.
std::vector<double> least_error_row(const std::vector<float>& w, const std::vector<bool>& kept,
                                    const SquareMatrix& h) {
  std::vector<std::size_t> at;
  for (std::size_t i = 0; i < w.size(); ++i)
    if (kept[i]) at.push_back(i);
  const std::size_t m = at.size();
  std::vector<std::vector<double>> a(m, std::vector<double>(m + 1));
  for (std::size_t i = 0; i < m; ++i) {
    for (std::size_t j = 0; j < m; ++j) a[i][j] = h.at(at[i], at[j]);
    for (std::size_t j = 0; j < w.size(); ++j) a[i][m] += h.at(at[i], j) * w[j];
  }
  for (std::size_t c = 0; c < m; ++c) {
    std::size_t best = c;
    for (std::size_t r = c; r < m; ++r)
      if (std::fabs(a[r][c]) > std::fabs(a[best][c])) best = r;
    std::swap(a[c], a[best]);
    for (std::size_t r = 0; r < m; ++r) {
      if (r == c) continue;
      const double factor = a[r][c] / a[c][c];
      for (std::size_t k = c; k <= m; ++k) a[r][k] -= factor * a[c][k];
    }
  }
  std::vector<double> result(w.size(), 0);
  for (std::size_t i = 0; i < m; ++i) result[at[i]] = a[i][m] / a[i][i];
  return result;
}

double row_error(const std::vector<float>& w, const std::vector<double>& v, const SquareMatrix& h) {
  double error = 0;
  for (std::size_t i = 0; i < w.size(); ++i)
    for (std::size_t j = 0; j < w.size(); ++j) error += (v[i] - w[i]) * h.at(i, j) * (v[j] - w[j]);
  return error;
}

std::size_t zero_count(std::span<const float> values) {
  return static_cast<std::size_t>(std::ranges::count(values, 0.0F));
}

TEST(SecondOrder, FactorOfTheInverseMultipliesToTheInverse) {
  const std::size_t n = 9;
  const SquareMatrix h = hessian_of(n, "factor"), u = inverse_factor(h);
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t j = 0; j < n; ++j) {
      double product = 0;  // (H U^T U)_ij
      for (std::size_t k = 0; k < n; ++k) {
        double inverse = 0;
        for (std::size_t l = 0; l < n; ++l) inverse += u.at(l, k) * u.at(l, j);
        product += h.at(i, k) * inverse;
      }
      EXPECT_NEAR(product, i == j ? 1 : 0, 1e-10);
    }
}

TEST(SecondOrder, CompensationIsTheOptimalBrainSurgeonUpdateForOneWeight) {
  const std::size_t n = 7;
  const SquareMatrix h = hessian_of(n, "surgeon"), u = inverse_factor(h);
  const auto inverse = [&](std::size_t i, std::size_t j) {
    double sum = 0;
    for (std::size_t k = 0; k < n; ++k) sum += u.at(k, i) * u.at(k, j);
    return sum;
  };
  runtime::WorkerGroup group{runtime::Places(1)};
  const std::vector<float> w = numbers(n, "row");
  for (std::size_t p = 0; p < n; ++p) {
    std::vector<std::uint8_t> mask(n, 1);
    mask[p] = 0;
    const std::vector<float> got = compensated(w, mask, h, group);
    for (std::size_t i = 0; i < n; ++i)
      EXPECT_NEAR(got[i], w[i] - w[p] / inverse(p, p) * inverse(i, p), 1e-6);
    EXPECT_EQ(got[p], 0);
    EXPECT_NEAR(output_error(w, got, h, group), w[p] * w[p] / inverse(p, p),
                1e-5 * output_error(w, std::vector<float>(n, 0), h, group));
  }
}

TEST(SecondOrder, CompensationIsTheLeastErrorOfEveryMask) {
  const std::size_t n = 6;
  const SquareMatrix h = hessian_of(n, "masks");
  runtime::WorkerGroup group{runtime::Places(1)};
  const std::vector<float> w = numbers(n, "row");
  for (std::size_t bits = 0; bits < (1U << n); ++bits) {
    std::vector<std::uint8_t> mask(n);
    std::vector<bool> kept(n);
    for (std::size_t i = 0; i < n; ++i) {
      kept[i] = (bits >> i & 1) != 0;
      mask[i] = kept[i] ? 1 : 0;
    }
    const std::vector<double> want = least_error_row(w, kept, h);
    const std::vector<float> got = compensated(w, mask, h, group);
    for (std::size_t i = 0; i < n; ++i) EXPECT_NEAR(got[i], want[i], 1e-6) << bits;
  }
}

TEST(SecondOrder, RemovingOneWeightOfAMatrixFindsTheCheapestOne) {
  const std::size_t n = 5, rows = 3;
  const SquareMatrix h = hessian_of(n, "cheapest");
  runtime::WorkerGroup group{runtime::Places(1)};
  const std::vector<float> w = numbers(rows * n, "matrix");
  // 15 weights at 7 %: 14 stay. SparseGPT's saliency only counts columns to the right, so only the
  // error of the mask's own minimum is compared: never better than the best of all masks.
  double best = std::numeric_limits<double>::infinity();
  for (std::size_t row = 0; row < rows; ++row)
    for (std::size_t p = 0; p < n; ++p) {
      const std::vector<float> part(w.begin() + row * n, w.begin() + (row + 1) * n);
      std::vector<bool> kept(n, true);
      kept[p] = false;
      best = std::min(best, row_error(part, least_error_row(part, kept, h), h));
    }
  const BlockGrid grid(rows, n, Pattern::kUnstructured);
  const std::vector<float> pruned = prune_second_order(w, grid, 7, h, group);
  EXPECT_EQ(zero_count(pruned), 1U);
  const double error = output_error(w, pruned, h, group);
  EXPECT_GE(error, best * (1 - 1e-5));
  EXPECT_LE(error, 1.5 * best);
}

TEST(SecondOrder, KeepsTheExactNumberOfBlocksAndIsNeverWorseThanMagnitude) {
  runtime::WorkerGroup group{runtime::Places(2)};
  struct Size {
    std::size_t rows, cols;
  };
  for (const Pattern pattern : {Pattern::kUnstructured, Pattern::k1x4, Pattern::k4x1})
    for (const Size size : {Size{8, 16}, Size{13, 30}, Size{6, 150}})
      for (const std::size_t percent : {0, 25, 50, 90, 99}) {
        SCOPED_TRACE(std::string(pattern_name(pattern)) + " " + std::to_string(size.rows) + "x" +
                     std::to_string(size.cols) + " " + std::to_string(percent));
        const SquareMatrix h = hessian_of(size.cols, "blocks");
        const BlockGrid grid(size.rows, size.cols, pattern);
        const std::vector<float> w = numbers(size.rows * size.cols, "blocks");
        const std::vector<float> pruned = prune_second_order(w, grid, percent, h, group);
        std::vector<bool> alive(grid.blocks(), false);
        for (std::size_t i = 0; i < w.size(); ++i)
          if (pruned[i] != 0) alive[grid.block_of(i / size.cols, i % size.cols)] = true;
        EXPECT_EQ(static_cast<std::size_t>(std::ranges::count(alive, true)),
                  kept_blocks(grid.blocks(), percent));
        std::vector<float> other = w;
        apply_mask(other, magnitude_mask(w, grid, percent));
        const double all = output_error(w, std::vector<float>(w.size(), 0), h, group);
        EXPECT_LE(output_error(w, pruned, h, group), output_error(w, other, h, group) + 1e-9 * all);
      }
}

TEST(SecondOrder, ThreadsChangeNoBit) {
  const std::size_t rows = 20, cols = 140;
  const SquareMatrix h = hessian_of(cols, "threads");
  const std::vector<float> w = numbers(rows * cols, "threads");
  const BlockGrid grid(rows, cols, Pattern::kUnstructured);
  runtime::WorkerGroup one{runtime::Places(1)}, three{runtime::Places(3)};
  const auto bits = [](const std::vector<float>& values) {
    std::vector<std::uint32_t> result;
    for (const float value : values) result.push_back(std::bit_cast<std::uint32_t>(value));
    return result;
  };
  EXPECT_EQ(bits(prune_second_order(w, grid, 70, h, one)),
            bits(prune_second_order(w, grid, 70, h, three)));
}

TEST(SecondOrder, RefusesAMatrixThatIsNotPositiveDefinite) {
  SquareMatrix h(2);
  h.at(0, 0) = 1;
  h.at(1, 1) = -1;
  runtime::WorkerGroup group{runtime::Places(1)};
  const BlockGrid grid(1, 2, Pattern::kUnstructured);
  EXPECT_THROW(prune_second_order(std::vector<float>{1, 2}, grid, 50, h, group),
               std::invalid_argument);
}

TEST(InputMoments, AreThoseOfADoublePrecisionLoopAndEqualOnEveryKernelTable) {
  const std::size_t tokens = 700, features = 70;
  const std::vector<float> x = numbers(tokens * features, "moments");
  runtime::WorkerGroup group{runtime::Places(2)};
  SquareMatrix first;
  for (const kernels::KernelTable& table : kernels::supported_tables()) {
    SquareMatrix h(features);
    add_moments(table, x, h, group);
    for (std::size_t i = 0; i < features; ++i)
      for (std::size_t j = 0; j < features; ++j) {
        double want = 0, size = 0;
        for (std::size_t t = 0; t < tokens; ++t) {
          const double product = 2.0 * x[t * features + i] * x[t * features + j];
          want += product;
          size += std::fabs(product);
        }
        EXPECT_NEAR(h.at(i, j), want, size * 512 / (1 << 24));
        EXPECT_EQ(h.at(i, j), h.at(j, i));
        if (first.size() != 0) {
          EXPECT_EQ(h.at(i, j), first.at(i, j));
        }
      }
    first = h;
  }
}

TEST(PruningMask, RemovesTheSmallestSumsOfSquares) {
  const std::vector<float> w = {1, 2, 3, 4, 9, 0, 0, 0,  //
                                5, 5, 5, 5, 1, 1, 1, 1};
  const BlockGrid grid(2, 8, Pattern::k1x4);
  const std::vector<std::uint8_t> want = {0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0};
  EXPECT_EQ(magnitude_mask(w, grid, 50), want);
}

TEST(LayerChoice, PatternsAreThoseOfAShell) {
  for (const auto& [name, pattern] :
       std::vector<std::pair<std::string, std::string>>{{"layer 0 query", "layer 0 *"},
                                                        {"layer 10 ffn in", "*ffn in"},
                                                        {"ab", "a?"},
                                                        {"abcbc", "a*bc"},
                                                        {"", "*"},
                                                        {"x", "x"}})
    EXPECT_TRUE(matches_pattern(name, pattern)) << name << " " << pattern;
  for (const auto& [name, pattern] : std::vector<std::pair<std::string, std::string>>{
           {"layer 1 query", "layer 0 *"}, {"ab", "a"}, {"a", "ab"}, {"a", "a?"}, {"abd", "a*c"}})
    EXPECT_FALSE(matches_pattern(name, pattern)) << name << " " << pattern;
}

TEST(LayerChoice, RefusesWhatIsNoNameAndPercent) {
  EXPECT_EQ(parse_layer_sparsity("a=b=50").name, "a=b");
  for (const char* text : {"a", "=5", "a=", "a=100", "a=-1", "a=5x"})
    EXPECT_THROW(parse_layer_sparsity(text), UsageError) << text;
}

}  // namespace
}  // namespace filigree::tools
