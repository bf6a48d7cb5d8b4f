#include "runtime/numa_plan.h"

#include "runtime/cpu_list.h"

namespace filigree::runtime {
namespace {

std::vector<Cpu> all_places(const std::vector<std::vector<Cpu>>& streams) {
  std::vector<Cpu> places;
  for (const std::vector<Cpu>& stream : streams)
    places.insert(places.end(), stream.begin(), stream.end());
  return places;
}

loader::WeightPlacement placement(Numa numa, const std::vector<int>& nodes) {
  using Policy = loader::WeightPlacement::Policy;
  if (numa == Numa::kOff || nodes.size() < 2) return {};
  return {numa == Numa::kReplicate ? Policy::kReplicated : Policy::kInterleaved, nodes};
}

const char* name(Numa numa) {
  switch (numa) {
    case Numa::kReplicate:
      return "replicate";
    case Numa::kInterleave:
      return "interleave";
    case Numa::kOff:
      return "off";
  }
  return "";
}

std::string effect(Numa numa, const std::string& nodes) {
  switch (numa) {
    case Numa::kReplicate:
      return "packed weights on each of the nodes " + nodes;
    case Numa::kInterleave:
      return "packed weights interleaved on the nodes " + nodes;
    case Numa::kOff:
      return "weights and activations lie where the system puts them";
  }
  return "";
}

std::string streams_text(const std::vector<std::vector<Cpu>>& streams) {
  std::string text;
  for (const std::vector<Cpu>& stream : streams)
    text += (text.empty() ? "" : ", ") + std::to_string(stream.size()) + " threads on " +
            cpu_list_text(nodes_of(stream));
  return std::to_string(streams.size()) + (streams.size() == 1 ? " stream: " : " streams: ") + text;
}

}  // namespace

NumaPlan plan_numa(const std::vector<std::vector<Cpu>>& streams, std::optional<Numa> numa,
                   std::optional<Pinning> pinning) {
  const std::vector<Cpu> places = all_places(streams);
  const std::vector<int> memory = memory_nodes_of(places);
  const bool several = memory.size() > 1;
  const bool bound = pinning != Pinning::kNone;
  const Numa mode = numa.value_or(several && bound ? Numa::kReplicate : Numa::kOff);
  NumaPlan plan;
  plan.pinning = pinning.value_or(nodes_of(places).size() > 1 ? Pinning::kNuma : Pinning::kNone);
  plan.weights = placement(mode, memory);
  plan.memory_nodes.resize(streams.size());
  if (several && mode != Numa::kOff)
    for (std::size_t i = 0; i < streams.size(); ++i)
      for (const Cpu& cpu : streams[i]) plan.memory_nodes[i].push_back(cpu.memory_node);
  const std::string nodes = cpu_list_text(memory);
  if (several)
    plan.reason = std::string("numa ") + name(mode) + (numa ? "" : " (the default here)") + ": " +
                  effect(mode, nodes) + "; " + streams_text(streams);
  else if (numa && *numa != Numa::kOff)
    plan.warnings.push_back(std::string("numa ") + name(mode) +
                            " has no effect: only the memory of node " + nodes + " is in use");
  if (several && mode != Numa::kOff && !bound)
    plan.warnings.push_back(std::string("numa ") + name(mode) +
                            ": threads are not bound (engine_thread_pinning none), so that they "
                            "may leave the nodes of their weights and activations");
  return plan;
}

}  // namespace filigree::runtime
