// NUMA nodes as /sys/devices/system/node describes them.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace filigree::runtime {

struct NumaNodes {
  std::map<int, int> of_cpu;       // CPU -> node; empty when the system knows no nodes
  std::map<int, int> memory_node;  // node -> the nearest that has memory this process may use
};

// Reads below `root`, /proc/self/status included for the nodes that the cpuset allows. What is
// malformed gets a line in `notes`; a node then counts as one with memory.
NumaNodes read_numa_nodes(const std::filesystem::path& root, std::vector<std::string>& notes);

}  // namespace filigree::runtime
