#include "tools/benchmark/statistics.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <cstdio>
#include <numeric>
#include <string>

namespace filigree::tools {

double percentile(std::span<const double> sorted, double percent) {
  assert(!sorted.empty());
  const double place = percent / 100 * static_cast<double>(sorted.size() - 1);
  const auto below = std::min(static_cast<std::size_t>(place), sorted.size() - 1);
  const std::size_t above = std::min(below + 1, sorted.size() - 1);
  return std::lerp(sorted[below], sorted[above], place - static_cast<double>(below));
}

Distribution distribution_of(std::vector<double> values) {
  assert(!values.empty());
  std::sort(values.begin(), values.end());
  const auto count = static_cast<double>(values.size());
  Distribution result;
  result.mean = std::accumulate(values.begin(), values.end(), 0.0) / count;
  double squares = 0;
  for (const double value : values) squares += (value - result.mean) * (value - result.mean);
  result.std = std::sqrt(squares / count);
  result.median = percentile(values, 50);
  for (std::size_t i = 0; i < kPercentiles.size(); ++i)
    result.percentiles[i] = percentile(values, kPercentiles[i]);
  return result;
}

void add_distribution(serve::Json& object, const Distribution& distribution) {
  object.add("median", distribution.median);
  object.add("mean", distribution.mean);
  object.add("std", distribution.std);
  for (std::size_t i = 0; i < kPercentiles.size(); ++i) {
    std::array<char, 16> name{};
    std::snprintf(name.data(), name.size(), "%.1f%%", kPercentiles[i]);
    object.add(std::string(name.data()), distribution.percentiles[i]);
  }
}

}  // namespace filigree::tools
