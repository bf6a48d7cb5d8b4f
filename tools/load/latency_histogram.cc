#include "tools/load/latency_histogram.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace filigree::tools {
namespace {

// Times below 2^kExactBits ns have a bucket each; above, every power of two has half as many.
constexpr unsigned kExactBits = 10;
constexpr unsigned kMostBits = 46;
constexpr std::uint64_t kHalf = std::uint64_t{1} << (kExactBits - 1);
constexpr std::uint64_t kMost = (std::uint64_t{1} << kMostBits) - 1;
constexpr double kNanosecondsInMs = 1e6;

unsigned shift_of(std::uint64_t time) {
  const auto bits = static_cast<unsigned>(std::bit_width(time));
  return bits > kExactBits ? bits - kExactBits : 0;
}

std::size_t bucket_of(std::uint64_t time) {
  const unsigned shift = shift_of(time);
  return shift * kHalf + (time >> shift);
}

// The largest time of a bucket.
std::uint64_t top_of(std::size_t bucket) {
  if (bucket < 2 * kHalf) return bucket;
  const std::uint64_t shift = bucket / kHalf - 1;
  const std::uint64_t mantissa = bucket - shift * kHalf;
  return ((mantissa + 1) << shift) - 1;
}

}  // namespace

LatencyHistogram::LatencyHistogram() : buckets_(bucket_of(kMost) + 1) {}

void LatencyHistogram::add(std::chrono::nanoseconds time) {
  const auto value =
      std::min(static_cast<std::uint64_t>(std::max<std::int64_t>(time.count(), 0)), kMost);
  ++buckets_[bucket_of(value)];
  min_ = count_ == 0 ? value : std::min(min_, value);
  max_ = std::max(max_, value);
  sum_ += static_cast<double>(value);
  ++count_;
}

double LatencyHistogram::mean_ms() const noexcept {
  return count_ == 0 ? 0 : sum_ / static_cast<double>(count_) / kNanosecondsInMs;
}

double LatencyHistogram::min_ms() const noexcept {
  return static_cast<double>(min_) / kNanosecondsInMs;
}

double LatencyHistogram::max_ms() const noexcept {
  return static_cast<double>(max_) / kNanosecondsInMs;
}

double LatencyHistogram::percentile_ms(double percent) const noexcept {
  if (count_ == 0) return 0;
  const double wanted = std::ceil(percent / 100 * static_cast<double>(count_));
  const auto rank = std::clamp(static_cast<std::uint64_t>(wanted), std::uint64_t{1}, count_);
  std::uint64_t seen = 0;
  for (std::size_t bucket = 0; bucket < buckets_.size(); ++bucket) {
    seen += buckets_[bucket];
    if (seen >= rank) return static_cast<double>(std::min(top_of(bucket), max_)) / kNanosecondsInMs;
  }
  return max_ms();
}

}  // namespace filigree::tools
