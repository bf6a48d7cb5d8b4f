// Random numbers that are the same everywhere: integer arithmetic only, no distribution of the
// standard library.
#pragma once

#include <cstdint>
#include <string_view>

namespace filigree::tools {

// xoshiro256**, seeded by SplitMix64. Streams of different names are independent, so that the
// numbers of one tensor do not depend on which others a model has.
class Random {
 public:
  Random(std::uint64_t seed, std::string_view stream) noexcept;

  std::uint64_t bits() noexcept;
  // In [0, bound), uniform up to bound / 2^64. Precondition: bound > 0.
  std::uint64_t below(std::uint64_t bound) noexcept;
  // Nearly normal: a sum of four uniform numbers, mean 0, deviation 1, |value| < 3.47, one of
  // 262,141 values.
  float bell() noexcept;

 private:
  std::uint64_t state_[4];
};

}  // namespace filigree::tools
