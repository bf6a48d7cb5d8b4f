// The CPUs that this process may use, and how many cores filigree takes of them.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

#include "runtime/cgroup.h"
#include "runtime/cpu_list.h"

namespace filigree::runtime {

struct Cpu {
  int id;
  int core;  // the smallest CPU number among its SMT siblings
  int node;  // NUMA node
};

struct Topology {
  std::vector<Cpu> cpus;  // allowed by affinity and cpuset, ascending by id; never empty
  CpuList affinity;
  std::size_t physical_cores = 0;  // among `cpus`
  std::size_t nodes = 0;           // among `cpus`
  CgroupLimits cgroup;
  std::vector<std::string> notes;  // what could not be read, cgroup.notes included, and what was
                                   // assumed instead
};

// `affinity` is what sched_getaffinity says; /proc and /sys are read below `root`. A file that is
// missing or malformed never fails: every CPU then counts as a core of its own on node 0, and a
// note says so. Requires a non-empty affinity.
Topology read_topology(const std::filesystem::path& root, const CpuList& affinity);

// Of this process, now.
Topology process_topology();

struct CoreChoice {
  std::size_t cores = 0;  // threads that compute, >= 1
  std::vector<Cpu>
      places;          // one for each thread: physical cores first, node by node, then SMT siblings
  std::string reason;  // "2 cores: affinity 0-1, cgroup quota none"
};

// requested 0: one thread for each physical core, but not more than the cgroup quota rounded down
// (at least one): threads beyond a quota are stopped together for the rest of each period, which
// costs more latency than a fraction of a core brings. Any other number is taken as asked for, and
// the reason says when it is more than there is.
CoreChoice choose_cores(const Topology& topology, std::size_t requested);

}  // namespace filigree::runtime
