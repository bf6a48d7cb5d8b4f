// Where threads wait for each other.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace filigree::runtime {

class Barrier {
 public:
  // Returns when `ranks` threads, the same number for each of them, have called it as often as this
  // one. What they wrote before is seen after it.
  void arrive(std::size_t ranks) noexcept;

 private:
  alignas(64) std::atomic<std::uint32_t> arrived_{0};
  std::atomic<std::uint32_t> passed_{0};
};

}  // namespace filigree::runtime
