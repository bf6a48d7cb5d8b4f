#include <algorithm>
#include <cmath>
#include <cstdio>
#include <map>
#include <tuple>

#include "runtime/topology.h"

namespace filigree::runtime {
namespace {

std::string quota_text(const CgroupLimits& cgroup) {
  if (!cgroup.quota_cpus) return "none";
  char number[32];
  std::snprintf(number, sizeof number, "%.2f", *cgroup.quota_cpus);
  return std::string(number) + " (" + cgroup.quota_file + ")";
}

std::vector<Cpu> placement_order(const Topology& topology) {
  std::map<int, int> seen;  // core -> siblings so far
  std::vector<std::pair<int, Cpu>> ranked;
  for (const Cpu& cpu : topology.cpus) ranked.emplace_back(seen[cpu.core]++, cpu);
  const auto key = [](const std::pair<int, Cpu>& place) {
    const auto& [sibling, cpu] = place;
    return std::tuple(sibling, cpu.node, cpu.kind, cpu.l3);
  };
  std::stable_sort(ranked.begin(), ranked.end(),
                   [&](const auto& a, const auto& b) { return key(a) < key(b); });
  std::vector<Cpu> order;
  for (const auto& [sibling, cpu] : ranked) order.push_back(cpu);
  return order;
}

struct Cores {
  std::size_t performance = 0;
  std::size_t efficiency = 0;
};

Cores physical_cores(const Topology& topology) {
  std::map<int, CoreKind> kinds;
  for (const Cpu& cpu : topology.cpus) kinds.emplace(cpu.core, cpu.kind);
  Cores cores;
  for (const auto& [core, kind] : kinds)
    ++(kind == CoreKind::kEfficiency ? cores.efficiency : cores.performance);
  return cores;
}

std::string nodes_text(const Topology& topology) {
  std::string text = ", " + std::to_string(topology.nodes) + " NUMA nodes";
  if (topology.l3_groups > topology.nodes)
    text += " with " + std::to_string(topology.l3_groups) + " L3 caches";
  return text;
}

std::string reason(const Topology& topology, std::size_t requested, std::size_t cores) {
  std::string text = std::to_string(cores) + (cores == 1 ? " core: " : " cores: ");
  if (requested != 0) text += "asked for; ";
  text += "affinity " + cpu_list_text(topology.affinity);
  if (topology.cpus.size() < topology.affinity.size())
    text += ", of which " + std::to_string(topology.cpus.size()) + " online and in the cpuset";
  if (topology.physical_cores != topology.cpus.size())
    text += " (" + std::to_string(topology.physical_cores) + " physical cores)";
  const Cores kinds = physical_cores(topology);
  if (kinds.performance > 0 && kinds.efficiency > 0)
    text += ", " + std::to_string(kinds.performance) + " performance and " +
            std::to_string(kinds.efficiency) + " efficiency cores";
  if (topology.nodes > 1) text += nodes_text(topology);
  text += ", cgroup quota " + quota_text(topology.cgroup);
  if (requested > topology.physical_cores)
    text += "; more than the " + std::to_string(topology.physical_cores) + " available";
  return text;
}

std::size_t default_cores(const Topology& topology) {
  const Cores kinds = physical_cores(topology);
  std::size_t cores = topology.physical_cores;
  if (kinds.performance > 0 && kinds.efficiency <= kinds.performance) cores = kinds.performance;
  if (!topology.cgroup.quota_cpus) return cores;
  const double whole = std::max(1.0, std::floor(*topology.cgroup.quota_cpus));
  return whole < static_cast<double>(cores) ? static_cast<std::size_t>(whole) : cores;
}

}  // namespace

CoreChoice choose_cores(const Topology& topology, std::size_t requested) {
  CoreChoice choice;
  choice.cores = requested != 0 ? requested : default_cores(topology);
  const std::vector<Cpu> order = placement_order(topology);
  for (std::size_t i = 0; i < choice.cores; ++i) choice.places.push_back(order[i % order.size()]);
  choice.reason = reason(topology, requested, choice.cores);
  return choice;
}

}  // namespace filigree::runtime
