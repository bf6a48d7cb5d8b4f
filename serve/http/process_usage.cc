#include "serve/http/process_usage.h"

#include <unistd.h>

#include <ctime>
#include <fstream>
#include <string>

namespace filigree::serve {
namespace {

std::chrono::nanoseconds cpu_time() {
  timespec time{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

// Bytes of a line of /proc/meminfo; 0 when it is not there.
std::uint64_t memory(const std::string& name) {
  constexpr std::uint64_t kKilobyte = 1024;
  std::ifstream stream("/proc/meminfo");
  std::string word;
  for (std::uint64_t value = 0; stream >> word;)
    if (word == name + ":" && stream >> value) return value * kKilobyte;
  return 0;
}

}  // namespace

std::uint64_t resident_bytes() {
  std::ifstream stream("/proc/self/statm");
  std::uint64_t total = 0;
  std::uint64_t resident = 0;
  if (!(stream >> total >> resident)) return 0;
  return resident * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
}

std::optional<ProcessUsage> ProcessUsageSampler::sample() {
  constexpr double kPercent = 100;
  const auto now = std::chrono::steady_clock::now();
  const auto wall = now - last_;
  if (wall < std::chrono::seconds(1)) return std::nullopt;
  const auto cpu = cpu_time();
  ProcessUsage usage;
  usage.cpu_percent = kPercent * std::chrono::duration<double>(cpu - cpu_).count() /
                      std::chrono::duration<double>(wall).count();
  const std::uint64_t all = memory("MemTotal");
  if (all > 0)
    usage.memory_percent =
        kPercent * static_cast<double>(resident_bytes()) / static_cast<double>(all);
  usage.available_bytes = memory("MemAvailable");
  last_ = now;
  cpu_ = cpu;
  return usage;
}

}  // namespace filigree::serve
