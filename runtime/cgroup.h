// What the control groups of this process allow: CPU quota and cpuset, of version 1 and version 2
// hierarchies.
//
// The group is found by /proc/self/cgroup and /proc/self/mountinfo. Every group from it up to the
// root of its mount counts: the smallest quota wins. Files are read below `root` ("/" outside of
// tests).
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "runtime/cpu_list.h"

namespace filigree::runtime {

struct CgroupLimits {
  std::optional<double> quota_cpus;  // CPU time per time, > 0; nullopt: no limit
  std::string quota_file;            // where the smallest quota was found
  std::optional<CpuList> cpuset;     // never empty
  std::string cpuset_file;
  // One sentence for each file that could not be used: name, what was found, what was expected.
  std::vector<std::string> notes;
};

CgroupLimits read_cgroup_limits(const std::filesystem::path& root);

}  // namespace filigree::runtime
