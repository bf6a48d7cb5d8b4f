#include "loader/hidden_layer.h"

#include "loader/error.h"

namespace filigree::loader {

std::size_t layer_index(std::size_t layers, std::int64_t layer) {
  const auto count = static_cast<std::int64_t>(layers);
  const std::int64_t index = layer < 0 ? layer + count : layer;
  if (index < 0 || index >= count)
    throw FormatError("the encoder has " + std::to_string(count) + " layers, found layer " +
                      std::to_string(layer) + " asked for, expected " + std::to_string(-count) +
                      " to " + std::to_string(count - 1));
  return static_cast<std::size_t>(index);
}

Graph hidden_state_graph(const Graph& graph, const std::string& name) {
  const ValueInfo hidden{name, DataType::kFloat, {std::nullopt, std::nullopt, std::nullopt}};
  Graph rest;
  rest.file = graph.file;
  rest.opset = graph.opset;
  rest.inputs = {hidden};
  rest.outputs = {hidden};
  return rest;
}

}  // namespace filigree::loader
