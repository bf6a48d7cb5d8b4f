// Which threads compute together: streams, each of them a worker group.
#pragma once

#include <cstddef>
#include <vector>

#include "runtime/topology.h"

namespace filigree::runtime {

// The places of each stream, in the order of `places`. As many streams as NUMA nodes or more: each
// lies on one node, the larger nodes have more of them, and those of a node are of the same size
// within one. Fewer: a stream has whole nodes. Requires 1 <= streams <= places.size().
std::vector<std::vector<Cpu>> divide_places(const std::vector<Cpu>& places, std::size_t streams);

}  // namespace filigree::runtime
