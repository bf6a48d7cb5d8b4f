#include "runtime/topology.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <map>
#include <set>

#include "runtime/affinity.h"
#include "runtime/small_file.h"

namespace filigree::runtime {
namespace {

namespace fs = std::filesystem;

// CPU number -> NUMA node, from /sys/devices/system/node/node*/cpulist.
std::map<int, int> cpu_nodes(const fs::path& root) {
  std::map<int, int> nodes;
  const fs::path folder = root / "sys/devices/system/node";
  const auto online = read_small_file(folder / "online");
  const auto numbers = online ? parse_cpu_list(*online) : std::nullopt;
  for (const int node : numbers.value_or(CpuList{})) {
    const auto text = read_small_file(folder / ("node" + std::to_string(node)) / "cpulist");
    const auto cpus = text ? parse_cpu_list(*text) : std::nullopt;
    for (const int cpu : cpus.value_or(CpuList{})) nodes[cpu] = node;
  }
  return nodes;
}

// The smallest number among the SMT siblings of `cpu`, or `cpu` with a note.
int core_of(const fs::path& root, int cpu, std::vector<std::string>& notes) {
  const std::string folder = "sys/devices/system/cpu/cpu" + std::to_string(cpu) + "/topology/";
  // Newer kernels call it core_cpus_list.
  for (const char* name : {"core_cpus_list", "thread_siblings_list"}) {
    const auto text = read_small_file(root / (folder + name));
    if (!text) continue;
    const auto siblings = parse_cpu_list(*text);
    if (siblings && std::binary_search(siblings->begin(), siblings->end(), cpu))
      return siblings->front();
    notes.push_back("/" + folder + name + ": found " + excerpt(*text) +
                    ", expected a list with CPU " + std::to_string(cpu) +
                    "; the CPU counts as a core of its own");
    return cpu;
  }
  notes.push_back("/" + folder +
                  "core_cpus_list cannot be read; the CPU counts as a core of its own");
  return cpu;
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

template <class Key>
std::size_t distinct(const std::vector<Cpu>& cpus, Key key) {
  std::set<int> values;
  for (const Cpu& cpu : cpus) values.insert(key(cpu));
  return values.size();
}

std::string quota_text(const CgroupLimits& cgroup) {
  if (!cgroup.quota_cpus) return "none";
  char number[32];
  std::snprintf(number, sizeof number, "%.2f", *cgroup.quota_cpus);
  return std::string(number) + " (" + cgroup.quota_file + ")";
}

// Physical cores node by node, then their second siblings, and so on.
std::vector<Cpu> placement_order(const Topology& topology) {
  std::map<int, int> seen;  // core -> siblings so far
  std::vector<std::pair<int, Cpu>> ranked;
  for (const Cpu& cpu : topology.cpus) ranked.emplace_back(seen[cpu.core]++, cpu);
  std::stable_sort(ranked.begin(), ranked.end(), [](const auto& a, const auto& b) {
    return std::pair(a.first, a.second.node) < std::pair(b.first, b.second.node);
  });
  std::vector<Cpu> order;
  for (const auto& [sibling, cpu] : ranked) order.push_back(cpu);
  return order;
}

}  // namespace

Topology read_topology(const fs::path& root, const CpuList& affinity) {
  Topology topology;
  topology.affinity = affinity;
  topology.cgroup = read_cgroup_limits(root);
  topology.notes = topology.cgroup.notes;
  const std::map<int, int> nodes = cpu_nodes(root);
  for (const int id : allowed_cpus(topology, root, topology.notes)) {
    const auto node = nodes.find(id);
    topology.cpus.push_back(
        {id, core_of(root, id, topology.notes), node == nodes.end() ? 0 : node->second});
  }
  topology.physical_cores = distinct(topology.cpus, [](const Cpu& cpu) { return cpu.core; });
  topology.nodes = distinct(topology.cpus, [](const Cpu& cpu) { return cpu.node; });
  return topology;
}

Topology process_topology() { return read_topology("/", process_affinity()); }

CoreChoice choose_cores(const Topology& topology, std::size_t requested) {
  const std::size_t available = topology.physical_cores;
  std::size_t cores = requested;
  if (requested == 0) {
    cores = available;
    if (topology.cgroup.quota_cpus) {
      const double whole = std::max(1.0, std::floor(*topology.cgroup.quota_cpus));
      if (whole < static_cast<double>(cores)) cores = static_cast<std::size_t>(whole);
    }
  }
  CoreChoice choice;
  choice.cores = cores;
  const std::vector<Cpu> order = placement_order(topology);
  for (std::size_t i = 0; i < cores; ++i) choice.places.push_back(order[i % order.size()]);

  choice.reason = std::to_string(cores) + (cores == 1 ? " core: " : " cores: ");
  if (requested != 0) choice.reason += "asked for; ";
  choice.reason += "affinity " + cpu_list_text(topology.affinity);
  if (topology.cpus.size() < topology.affinity.size())
    choice.reason +=
        ", of which " + std::to_string(topology.cpus.size()) + " online and in the cpuset";
  if (available != topology.cpus.size())
    choice.reason += " (" + std::to_string(available) + " physical cores)";
  choice.reason += ", cgroup quota " + quota_text(topology.cgroup);
  if (requested > available)
    choice.reason += "; more than the " + std::to_string(available) + " available";
  return choice;
}

}  // namespace filigree::runtime
