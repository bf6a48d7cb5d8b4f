// The CPUs that this process may use, and how many cores filigree takes of them.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

#include "runtime/cgroup.h"
#include "runtime/cpu_list.h"

namespace filigree::runtime {

// Of hybrid processors; all cores of others are kPerformance.
enum class CoreKind { kPerformance, kEfficiency };

inline constexpr int kNoL3 = -1;  // none, or none known, as in many virtual machines

struct Cpu {
  int id;
  int core;         // the smallest CPU number among its SMT siblings
  int node;         // NUMA node
  int memory_node;  // the nearest node with memory that this process may use; mostly `node`
  int l3;           // the smallest CPU number among those that share its L3, or kNoL3
  CoreKind kind;
};

struct Topology {
  std::vector<Cpu> cpus;  // allowed by affinity and cpuset, ascending by id; never empty
  CpuList affinity;
  std::size_t physical_cores = 0;  // among `cpus`, as nodes and L3 groups
  std::size_t nodes = 0;
  std::size_t l3_groups = 0;
  CgroupLimits cgroup;
  std::vector<std::string> notes;  // what could not be read, cgroup.notes included, and what was
                                   // assumed instead
};

// `affinity` is what sched_getaffinity says; /proc and /sys are read below `root`. A file that is
// missing or malformed never fails: every CPU then counts as a performance core of its own on node
// 0, and a note says so where that may be wrong. Requires a non-empty affinity.
Topology read_topology(const std::filesystem::path& root, const CpuList& affinity);

// Of this process, now.
Topology process_topology();

// Nodes of `cpus`, ascending.
std::vector<int> nodes_of(const std::vector<Cpu>& cpus);
std::vector<int> memory_nodes_of(const std::vector<Cpu>& cpus);

struct CoreChoice {
  std::size_t cores = 0;  // threads that compute, >= 1
  // One for each thread: physical cores first, node by node, in a node the performance cores first,
  // L3 by L3; then SMT siblings in the same order.
  std::vector<Cpu> places;
  std::string reason;  // "2 cores: affinity 0-1, cgroup quota none"
};

// requested 0: one thread for each physical core, but not more than the cgroup quota rounded down
// (at least one): threads beyond a quota are stopped together for the rest of each period, which
// costs more latency than a fraction of a core brings. Work is divided evenly, so that all threads
// go at the pace of the slowest: efficiency cores are left out unless they are more than the
// performance cores, as one is taken for half of the other. Any other number is taken as asked for,
// and the reason says when it is more than there is.
CoreChoice choose_cores(const Topology& topology, std::size_t requested);

}  // namespace filigree::runtime
