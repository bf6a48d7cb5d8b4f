#include "serve/tasks/best_span.h"

#include <algorithm>
#include <bit>
#include <cassert>
#include <cmath>
#include <cstdint>
#include <functional>
#include <vector>

namespace filigree::serve {
namespace {

// Larger for larger values; NaN is less than everything else, and both zeros are equal.
std::uint32_t order_of(float value) {
  if (std::isnan(value)) return 0;
  constexpr std::uint32_t kSign = 0x80000000U;
  const auto bits = std::bit_cast<std::uint32_t>(value == 0 ? 0.0F : value);
  return (bits & kSign) != 0 ? ~bits : bits | kSign;
}

// Positions of the `count` largest values. The order is that of a stable ascending sort read
// backwards: value and position are compared as one number, which costs no branches.
std::vector<std::size_t> largest(std::span<const float> values, std::size_t count) {
  std::vector<std::uint64_t> keys(values.size());
  for (std::size_t i = 0; i < keys.size(); ++i)
    keys[i] = std::uint64_t{order_of(values[i])} << 32 | i;
  const std::size_t kept = std::min(count, keys.size());
  const auto end_of_kept = keys.begin() + static_cast<std::ptrdiff_t>(kept);
  if (kept < keys.size()) std::nth_element(keys.begin(), end_of_kept, keys.end(), std::greater<>());
  std::sort(keys.begin(), end_of_kept, std::greater<>());
  std::vector<std::size_t> order(kept);
  std::transform(keys.begin(), end_of_kept, order.begin(),
                 [](std::uint64_t key) { return static_cast<std::size_t>(key & 0xFFFFFFFFU); });
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
      const float score = starts[first] + ends[last];
      if (best && score <= best->score) break;  // the ends that follow are not larger
      if (!in_context(last) || last < first || last - first >= limits.max_answer_tokens) continue;
      if (std::isfinite(score)) best = TokenSpan{first, last, score};
    }
  }
  return best;
}

}  // namespace filigree::serve
