#include "tools/model_maker/half_storage.h"

#include <iterator>
#include <utility>

namespace filigree::tools {

using loader::DataType;
using loader::Node;
using loader::Tensor;

void store_as_half(loader::Graph& graph, const std::set<std::string>& names) {
  std::vector<Node> casts;
  for (const std::string& name : names) {
    const auto found = graph.initializers.find(name);
    const std::span<const float> values = found->second.data<float>();
    Tensor half(DataType::kFloat16, found->second.dims());
    const std::span<std::uint16_t> bits = half.mutable_half_bits();
    for (std::size_t i = 0; i < bits.size(); ++i) bits[i] = loader::float_to_half(values[i]);
    const std::string stored = name + "_fp16";
    graph.initializers.erase(found);
    graph.initializers.emplace(stored, std::move(half));
    casts.push_back({.op_type = "Cast",
                     .domain = "",
                     .name = name + "/Cast",
                     .inputs = {stored},
                     .outputs = {name},
                     .attributes = {{"to", static_cast<std::int64_t>(DataType::kFloat)}}});
  }
  graph.nodes.insert(graph.nodes.begin(), std::move_iterator(casts.begin()),
                     std::move_iterator(casts.end()));
}

}  // namespace filigree::tools
