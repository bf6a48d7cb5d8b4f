#include "runtime/topology.h"

#include <algorithm>
#include <optional>
#include <set>

#include "runtime/affinity.h"
#include "runtime/numa_nodes.h"
#include "runtime/small_file.h"

namespace filigree::runtime {
namespace {

namespace fs = std::filesystem;

std::string cpu_folder(int cpu) { return "sys/devices/system/cpu/cpu" + std::to_string(cpu) + "/"; }

// The smallest number among the SMT siblings of `cpu`, or `cpu` with a note.
int core_of(const fs::path& root, int cpu, std::vector<std::string>& notes) {
  const std::string folder = cpu_folder(cpu) + "topology/";
  // Newer kernels call it core_cpus_list.
  for (const char* name : {"core_cpus_list", "thread_siblings_list"}) {
    const auto text = read_small_file(root / (folder + name));
    if (!text) continue;
    const auto siblings = parse_cpu_list(*text);
    if (siblings && std::ranges::binary_search(*siblings, cpu)) return siblings->front();
    notes.push_back("/" + folder + name + ": found " + excerpt(*text) +
                    ", expected a list with CPU " + std::to_string(cpu) +
                    "; the CPU counts as a core of its own");
    return cpu;
  }
  notes.push_back("/" + folder +
                  "core_cpus_list cannot be read; the CPU counts as a core of its own");
  return cpu;
}

int l3_of(const fs::path& root, int cpu) {
  const fs::path caches = root / (cpu_folder(cpu) + "cache");
  for (int i = 0;; ++i) {
    const fs::path cache = caches / ("index" + std::to_string(i));
    const auto level = read_small_file(cache / "level");
    if (!level) return kNoL3;
    if (!level->starts_with('3')) continue;
    const auto text = read_small_file(cache / "shared_cpu_list");
    const auto cpus = text ? parse_cpu_list(*text) : std::nullopt;
    return cpus && std::ranges::binary_search(*cpus, cpu) ? cpus->front() : kNoL3;
  }
}

// The counters of a hybrid processor's kinds are devices of their own.
CpuList efficiency_cpus(const fs::path& root) {
  const auto text = read_small_file(root / "sys/devices/cpu_atom/cpus");
  return (text ? parse_cpu_list(*text) : std::nullopt).value_or(CpuList{});
}

CpuList allowed_cpus(const Topology& topology, const fs::path& root,
                     std::vector<std::string>& notes) {
  CpuList cpus = topology.affinity;
  const auto narrow = [&](const std::optional<CpuList>& set, const std::string& name) {
    if (!set) return;
    const CpuList both = intersection(cpus, *set);
    if (both.empty()) {
      notes.push_back(name + " " + cpu_list_text(*set) + " shares no CPU with the affinity " +
                      cpu_list_text(cpus) + "; ignored");
    } else {
      cpus = both;
    }
  };
  const auto online = read_small_file(root / "sys/devices/system/cpu/online");
  narrow(online ? parse_cpu_list(*online) : std::nullopt, "the set of online CPUs");
  narrow(topology.cgroup.cpuset, topology.cgroup.cpuset_file);
  return cpus;
}

std::vector<int> distinct(const std::vector<Cpu>& cpus, int Cpu::*key) {
  std::set<int> values;
  for (const Cpu& cpu : cpus) values.insert(cpu.*key);
  return {values.begin(), values.end()};
}

}  // namespace

std::vector<int> nodes_of(const std::vector<Cpu>& cpus) { return distinct(cpus, &Cpu::node); }

std::vector<int> memory_nodes_of(const std::vector<Cpu>& cpus) {
  return distinct(cpus, &Cpu::memory_node);
}

Topology read_topology(const fs::path& root, const CpuList& affinity) {
  Topology topology;
  topology.affinity = affinity;
  topology.cgroup = read_cgroup_limits(root);
  topology.notes = topology.cgroup.notes;
  const NumaNodes nodes = read_numa_nodes(root, topology.notes);
  const CpuList efficiency = efficiency_cpus(root);
  for (const int id : allowed_cpus(topology, root, topology.notes)) {
    const auto found = nodes.of_cpu.find(id);
    const int node = found == nodes.of_cpu.end() ? 0 : found->second;
    const auto memory = nodes.memory_node.find(node);
    topology.cpus.push_back(
        {.id = id,
         .core = core_of(root, id, topology.notes),
         .node = node,
         .memory_node = memory == nodes.memory_node.end() ? node : memory->second,
         .l3 = l3_of(root, id),
         .kind = std::ranges::binary_search(efficiency, id) ? CoreKind::kEfficiency
                                                            : CoreKind::kPerformance});
  }
  topology.physical_cores = distinct(topology.cpus, &Cpu::core).size();
  topology.nodes = nodes_of(topology.cpus).size();
  std::vector<int> l3 = distinct(topology.cpus, &Cpu::l3);
  std::erase(l3, kNoL3);
  topology.l3_groups = l3.size();
  return topology;
}

Topology process_topology() { return read_topology("/", process_affinity()); }

}  // namespace filigree::runtime
