// Which memory each thread uses, and where weights lie.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "loader/page_placement.h"
#include "runtime/engine.h"
#include "runtime/topology.h"

namespace filigree::runtime {

struct NumaPlan {
  Pinning pinning = Pinning::kNone;
  loader::WeightPlacement weights;
  // [stream][thread]: the node of its weights and activations; no threads where nothing is placed.
  std::vector<std::vector<int>> memory_nodes;
  std::string reason;  // for the log; empty where one node is in use and nothing was asked for
  std::vector<std::string> warnings;
};

// `streams` are the places of their threads. Without `numa` and `pinning`, as EngineOptions says.
NumaPlan plan_numa(const std::vector<std::vector<Cpu>>& streams, std::optional<Numa> numa,
                   std::optional<Pinning> pinning);

}  // namespace filigree::runtime
