// What the tests of the elementwise, normalising and attention kernels share.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <random>
#include <span>
#include <stdexcept>
#include <string>

#include "kernels/isa.h"
#include "kernels/kernel_table.h"

namespace filigree::kernels::testing {

inline constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();
inline constexpr float kInfinity = std::numeric_limits<float>::infinity();
// Half the distance from 1 to the next float: the relative error of one rounding.
inline constexpr double kUnit = 0x1p-24;

// Tokens in a panel at the edges of registers and query blocks.
inline constexpr std::size_t kTokenEdges[] = {1, 7, 8, 9, 15, 16, 17, 31, 32, 33, 63, 64};

// Uniform numbers from a fixed seed, the same with every standard library.
class Random {
 public:
  explicit Random(std::uint32_t seed) : engine_(seed) {}
  float uniform(float low, float high) {
    return low + (high - low) * static_cast<float>(engine_() >> 8) * 0x1p-24F;
  }
  std::uint8_t byte() { return static_cast<std::uint8_t>(engine_() >> 24); }
  std::size_t below(std::size_t limit) { return engine_() % limit; }
  void fill(std::span<float> values, float low, float high) {
    for (float& value : values) value = uniform(low, high);
  }
  void fill(std::span<std::uint8_t> values) {
    for (std::uint8_t& value : values) value = byte();
  }

 private:
  std::mt19937 engine_;
};

inline std::string name_of(const KernelTable& table) { return std::string(isa_name(table.isa)); }

// The kernels that a test is about: all that this CPU has, or, with FILIGREE_TEST_FROM_ISA in the
// environment, those of that instruction set and better ones. An emulator computes slowly what its
// own machine has tested. What bits are compared with is supported_tables().front() all the same.
inline std::span<const KernelTable> tested_tables() {
  const std::span<const KernelTable> all = supported_tables();
  const char* from = std::getenv("FILIGREE_TEST_FROM_ISA");
  if (from == nullptr) return all;
  for (std::size_t i = 0; i < all.size(); ++i)
    if (isa_name(all[i].isa) == from) return all.subspan(i);
  throw std::invalid_argument("FILIGREE_TEST_FROM_ISA is '" + std::string(from) +
                              "', which is no instruction set of this CPU");
}

inline std::uint32_t bits(float value) { return std::bit_cast<std::uint32_t>(value); }

// The index of the first of equally many floats that differ in a bit; their number if none do.
inline std::size_t first_difference(std::span<const float> a, std::span<const float> b) {
  if (std::memcmp(a.data(), b.data(), a.size_bytes()) == 0) return a.size();
  std::size_t i = 0;
  while (bits(a[i]) == bits(b[i])) ++i;
  return i;
}

}  // namespace filigree::kernels::testing
