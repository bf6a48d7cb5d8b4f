// How large the batches were: a histogram of their tokens.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

namespace filigree::runtime {

struct BatchSizes {
  // Upper bounds of the counts below, inclusive; the last count has none.
  static constexpr std::array<std::size_t, 9> kBounds = {16,  32,   64,   128, 256,
                                                         512, 1024, 2048, 4096};
  std::array<std::uint64_t, kBounds.size() + 1> batches{};
  std::uint64_t tokens = 0;  // of all
  std::uint64_t joint = 0;   // of all, those that several streams computed together

  void add(std::size_t batch_tokens) noexcept {
    const auto bound = std::lower_bound(kBounds.begin(), kBounds.end(), batch_tokens);
    ++batches[static_cast<std::size_t>(bound - kBounds.begin())];
    tokens += batch_tokens;
  }
};

}  // namespace filigree::runtime
