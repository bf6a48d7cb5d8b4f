// A small generator, the same numbers on every machine.
#pragma once
#include <cstdint>

struct Random {
  std::uint64_t state;
  explicit Random(std::uint64_t seed) : state(seed * 2654435761u + 88172645463325252u) {}
  std::uint32_t next() {
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return static_cast<std::uint32_t>(state >> 32);
  }
  float real() {
    return (static_cast<float>(next()) - 2147483648.0f) * (1.0f / 268435456.0f);
  }  // -8..8
  int between(int low, int high) {
    return low + static_cast<int>(next() % static_cast<std::uint32_t>(high - low + 1));
  }
};
