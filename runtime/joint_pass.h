// Which streams compute a batch together.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace filigree::runtime {

struct JointPass {
  std::uint32_t number = 0;  // one more than the last
  std::size_t first = 0;     // the stream that has taken the batch, and leads
  std::size_t streams = 1;   // that take part: `first` and those after it, round

  bool has(std::size_t stream, std::size_t all_streams) const noexcept {
    return (stream + all_streams - first) % all_streams < streams;
  }
};

// What a thread must have for the streams to gain by sharing a batch: a vector register of AVX-512.
// With 8 tokens each, two threads took longer than one (bench/RESULTS.md).
inline constexpr std::size_t kTokensForThread = 16;

// Of how many streams, `first` and those after it, round, threads have that in a batch of `tokens`
// tokens. threads: of each stream.
std::size_t streams_with_work(std::span<const std::size_t> threads, std::size_t first,
                              std::size_t tokens) noexcept;

}  // namespace filigree::runtime
