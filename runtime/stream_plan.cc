#include "runtime/stream_plan.h"

#include <algorithm>
#include <cassert>
#include <map>

namespace filigree::runtime {
namespace {

struct Node {
  std::vector<Cpu> places;
  std::size_t streams = 1;
};

std::vector<Node> by_node(const std::vector<Cpu>& places) {
  std::map<int, Node> nodes;
  for (const Cpu& cpu : places) nodes[cpu.node].places.push_back(cpu);
  std::vector<Node> list;
  for (auto& [number, node] : nodes) list.push_back(std::move(node));
  return list;
}

// The node whose streams have the most threads each; a / b < c / d as products.
Node& most_crowded(std::vector<Node>& nodes) {
  return *std::ranges::max_element(nodes, [](const Node& a, const Node& b) {
    return a.places.size() * b.streams < b.places.size() * a.streams;
  });
}

}  // namespace

std::vector<std::vector<Cpu>> divide_places(const std::vector<Cpu>& places, std::size_t streams) {
  assert(streams >= 1 && streams <= places.size());
  std::vector<Node> nodes = by_node(places);
  std::vector<std::vector<Cpu>> divided;
  if (streams < nodes.size()) {
    divided.resize(streams);
    for (std::size_t i = 0; i < nodes.size(); ++i) {
      std::vector<Cpu>& stream = divided[i * streams / nodes.size()];
      stream.insert(stream.end(), nodes[i].places.begin(), nodes[i].places.end());
    }
    return divided;
  }
  // A stream more always fits: the most crowded node has two threads for one of its streams.
  for (std::size_t i = nodes.size(); i < streams; ++i) ++most_crowded(nodes).streams;
  for (const Node& node : nodes) {
    const std::size_t first = divided.size();
    divided.resize(first + node.streams);
    for (std::size_t i = 0; i < node.places.size(); ++i)
      divided[first + i * node.streams / node.places.size()].push_back(node.places[i]);
  }
  return divided;
}

}  // namespace filigree::runtime
