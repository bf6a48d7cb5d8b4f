// Summaries of measured values, as numpy computes them.
#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <vector>

#include "serve/json.h"

namespace filigree::tools {

// The percentiles that DeepSparse exports.
inline constexpr std::array kPercentiles = {25.0, 50.0, 75.0, 90.0, 95.0, 99.0, 99.9};

struct Distribution {
  double mean = 0;
  double median = 0;
  double std = 0;  // of the population: divided by the number of values
  std::array<double, kPercentiles.size()> percentiles{};
};

// Between the two nearest values, by linear interpolation. Requires sorted values, at least one,
// and 0 <= percent <= 100.
double percentile(std::span<const double> sorted, double percent);

// Requires at least one value.
Distribution distribution_of(std::vector<double> values);

// Adds "median", "mean", "std", "25.0%" and so on to an object.
void add_distribution(serve::Json& object, const Distribution& distribution);

}  // namespace filigree::tools
