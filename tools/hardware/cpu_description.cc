#include "tools/hardware/cpu_description.h"

#include <fstream>

namespace filigree::tools {
namespace {

std::string first_line(const std::filesystem::path& file) {
  std::ifstream in(file);
  std::string line;
  std::getline(in, line);
  return line;
}

std::string model_name(const std::filesystem::path& cpuinfo) {
  std::ifstream in(cpuinfo);
  for (std::string line; std::getline(in, line);) {
    if (!line.starts_with("model name")) continue;
    const std::size_t begin = line.find_first_not_of(" \t", line.find(':') + 1);
    return begin == std::string::npos ? "unknown" : line.substr(begin);
  }
  return "unknown";
}

std::string cache_name(const std::string& level, const std::string& type) {
  if (type == "Data") return "L" + level + "d";
  if (type == "Instruction") return "L" + level + "i";
  return "L" + level;
}

}  // namespace

CpuDescription read_cpu_description(const std::filesystem::path& root) {
  CpuDescription description{.model = model_name(root / "proc/cpuinfo"), .caches = {}};
  const std::filesystem::path caches = root / "sys/devices/system/cpu/cpu0/cache";
  for (int i = 0;; ++i) {
    const std::filesystem::path cache = caches / ("index" + std::to_string(i));
    const std::string level = first_line(cache / "level");
    if (level.empty()) return description;
    description.caches.push_back({cache_name(level, first_line(cache / "type")),
                                  first_line(cache / "size"),
                                  first_line(cache / "shared_cpu_list")});
  }
}

}  // namespace filigree::tools
