// What this process takes of the machine.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

namespace filigree::serve {

struct ProcessUsage {
  double cpu_percent = 0;     // of one core, since the last sample
  double memory_percent = 0;  // resident, of the machine's
  std::uint64_t available_bytes = 0;
};

// Of this process; 0 when the system does not say. Thread-safe.
std::uint64_t resident_bytes();

// Not thread-safe.
class ProcessUsageSampler {
 public:
  // nullopt until a second after the last sample.
  std::optional<ProcessUsage> sample();

 private:
  std::chrono::steady_clock::time_point last_ = std::chrono::steady_clock::now();
  std::chrono::nanoseconds cpu_{0};
};

}  // namespace filigree::serve
