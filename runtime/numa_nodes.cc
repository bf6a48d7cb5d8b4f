#include "runtime/numa_nodes.h"

#include <algorithm>
#include <charconv>
#include <limits>
#include <optional>

#include "runtime/cpu_list.h"
#include "runtime/small_file.h"

namespace filigree::runtime {
namespace {

namespace fs = std::filesystem;

constexpr char kFolder[] = "sys/devices/system/node";

// The list in a file; nullopt without the file, with a note when it is malformed.
std::optional<CpuList> read_list(const fs::path& root, const std::string& file,
                                 std::vector<std::string>& notes) {
  const auto text = read_small_file(root / file);
  if (!text) return std::nullopt;
  auto list = parse_cpu_list(*text);
  if (!list)
    notes.push_back("/" + file + ": found " + excerpt(*text) + ", expected numbers like 0-3,8");
  return list;
}

// The value of a line "Mems_allowed_list:\t0-1" of /proc/self/status.
std::optional<CpuList> allowed_memory(const fs::path& root) {
  constexpr std::string_view kKey = "Mems_allowed_list:";
  const auto status = read_small_file(root / "proc/self/status");
  if (!status) return std::nullopt;
  for (const std::string_view line : split(*status, '\n'))
    if (line.starts_with(kKey)) return parse_cpu_list(line.substr(kKey.size()));
  return std::nullopt;
}

// Distances from `node` to the online nodes, in ascending order of these.
std::vector<int> distances(const fs::path& root, int node) {
  const fs::path file = root / kFolder / ("node" + std::to_string(node)) / "distance";
  const std::string text = read_small_file(file).value_or("");
  std::vector<int> values;
  for (std::string_view word : split(text, ' ')) {
    while (word.ends_with('\n')) word.remove_suffix(1);
    int value = 0;
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
    if (error != std::errc() || end != word.data() + word.size()) break;
    values.push_back(value);
  }
  return values;
}

int nearest(const fs::path& root, int node, const CpuList& online, const CpuList& usable) {
  if (std::ranges::binary_search(usable, node)) return node;
  const std::vector<int> far = distances(root, node);
  int best = usable.front();
  int least = std::numeric_limits<int>::max();
  for (std::size_t i = 0; i < std::min(online.size(), far.size()); ++i)
    if (far[i] < least && std::ranges::binary_search(usable, online[i])) {
      best = online[i];
      least = far[i];
    }
  return best;
}

}  // namespace

NumaNodes read_numa_nodes(const fs::path& root, std::vector<std::string>& notes) {
  NumaNodes nodes;
  const std::string folder(kFolder);
  const CpuList online = read_list(root, folder + "/online", notes).value_or(CpuList{});
  CpuList usable = read_list(root, folder + "/has_memory", notes).value_or(online);
  if (const auto allowed = allowed_memory(root)) usable = intersection(usable, *allowed);
  for (const int node : online) {
    const std::string file = folder + "/node" + std::to_string(node) + "/cpulist";
    for (const int cpu : read_list(root, file, notes).value_or(CpuList{})) nodes.of_cpu[cpu] = node;
    nodes.memory_node[node] = usable.empty() ? node : nearest(root, node, online, usable);
  }
  return nodes;
}

}  // namespace filigree::runtime
