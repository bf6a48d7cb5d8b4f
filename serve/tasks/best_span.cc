#include "serve/tasks/best_span.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <numeric>
#include <vector>

namespace filigree::serve {
namespace {

// Positions of the `count` largest values. The order is that of a stable ascending sort read
// backwards. NaN orders before everything else, so that the comparison stays a strict weak order.
std::vector<std::size_t> largest(std::span<const float> values, std::size_t count) {
  std::vector<std::size_t> order(values.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  const auto ahead = [&](std::size_t a, std::size_t b) {
    const bool a_nan = std::isnan(values[a]);
    const bool b_nan = std::isnan(values[b]);
    if (a_nan != b_nan) return b_nan;
    if (!a_nan && values[a] != values[b]) return values[a] > values[b];
    return a > b;
  };
  const std::size_t kept = std::min(count, order.size());
  std::partial_sort(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(kept), order.end(),
                    ahead);
  order.resize(kept);
  return order;
}

}  // namespace

std::optional<TokenSpan> best_span(std::span<const float> starts, std::span<const float> ends,
                                   const SpanLimits& limits) {
  assert(starts.size() == ends.size());
  assert(limits.first_token + limits.context_tokens <= starts.size());
  const auto in_context = [&](std::size_t token) {
    return token >= limits.first_token && token - limits.first_token < limits.context_tokens;
  };
  const std::vector<std::size_t> best_ends = largest(ends, limits.n_best);
  std::optional<TokenSpan> best;
  for (const std::size_t first : largest(starts, limits.n_best)) {
    if (!in_context(first)) continue;
    for (const std::size_t last : best_ends) {
      if (!in_context(last) || last < first || last - first >= limits.max_answer_tokens) continue;
      const float score = starts[first] + ends[last];
      if (std::isfinite(score) && (!best || score > best->score))
        best = TokenSpan{first, last, score};
    }
  }
  return best;
}

}  // namespace filigree::serve
