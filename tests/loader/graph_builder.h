// Writes small graphs in a few lines, and runs them.
#pragma once

#include <span>
#include <string>
#include <utility>
#include <vector>

#include "loader/graph.h"
#include "loader/interpreter.h"

namespace filigree::loader {

class GraphBuilder {
 public:
  explicit GraphBuilder(std::int64_t opset = 14) {
    graph_.file = "test.onnx";
    graph_.opset = opset;
  }
  GraphBuilder& input(const std::string& name, DataType type = DataType::kFloat) {
    graph_.inputs.push_back({name, type, {}});
    return *this;
  }
  GraphBuilder& output(const std::string& name) {
    graph_.outputs.push_back({name, std::nullopt, {}});
    return *this;
  }
  template <class T>
  GraphBuilder& constant(const std::string& name, Dims dims, const std::vector<T>& values) {
    graph_.initializers.emplace(name, Tensor::of<T>(std::move(dims), std::span<const T>(values)));
    return *this;
  }
  GraphBuilder& constant(const std::string& name, Tensor tensor) {
    graph_.initializers.emplace(name, std::move(tensor));
    return *this;
  }
  // The node is named like its output.
  GraphBuilder& node(const std::string& op, std::vector<std::string> inputs,
                     const std::string& output, std::vector<Attribute> attributes = {}) {
    graph_.nodes.push_back({op, "", output, std::move(inputs), {output}, std::move(attributes)});
    return *this;
  }
  const Graph& graph() const { return graph_; }

 private:
  Graph graph_;
};

inline std::vector<std::string> operators(const Graph& graph) {
  std::vector<std::string> names;
  for (const Node& node : graph.nodes) names.push_back(node.op_type);
  return names;
}

inline Tensor run_one(const Graph& graph, const Values& feeds, const std::string& output) {
  const std::vector<std::string> wanted = {output};
  return run_graph(graph, feeds, wanted).at(0);
}

inline std::vector<float> floats(const Tensor& tensor) {
  const std::span<const float> values = tensor.data<float>();
  return {values.begin(), values.end()};
}

}  // namespace filigree::loader
