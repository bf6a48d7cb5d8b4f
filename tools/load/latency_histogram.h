// Times in buckets that grow with them, so that memory does not depend on how many there are and
// percentiles are right to a fifth of a percent.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace filigree::tools {

class LatencyHistogram {
 public:
  LatencyHistogram();

  // Below 0 counts as 0, above 19 hours as that.
  void add(std::chrono::nanoseconds time);

  std::uint64_t count() const noexcept { return count_; }
  // All of these are 0 when nothing was added.
  double mean_ms() const noexcept;
  double min_ms() const noexcept;
  double max_ms() const noexcept;
  // The smallest time t with at least `percent` of all times <= t: never below that time, and above
  // it by less than 1/512 of it. Requires 0 <= percent <= 100.
  double percentile_ms(double percent) const noexcept;

 private:
  std::vector<std::uint64_t> buckets_;
  std::uint64_t count_ = 0;
  std::uint64_t min_ = 0, max_ = 0;  // nanoseconds
  double sum_ = 0;
};

}  // namespace filigree::tools
