// What the system says about the processor, for people to read. Nothing is decided by it.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace filigree::tools {

struct Cache {
  std::string name;       // "L1d", "L1i", "L2", "L3"
  std::string size;       // as the system writes it: "32K"
  std::string shared_by;  // CPU list: "0-1"
};

struct CpuDescription {
  std::string model;          // "unknown" when the system does not say
  std::vector<Cache> caches;  // of the first CPU
};

// Reads /proc/cpuinfo and /sys/devices/system/cpu below `root`; what is missing is left out.
CpuDescription read_cpu_description(const std::filesystem::path& root);

}  // namespace filigree::tools
