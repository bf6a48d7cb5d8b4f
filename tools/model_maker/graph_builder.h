// Writes the nodes of a graph in the words of one opset.
#pragma once

#include <string>
#include <vector>

#include "loader/graph.h"

namespace filigree::tools {

// Functions return the name of the value that they add; `name` is what it is called, and must be
// new to the graph.
class GraphBuilder {
 public:
  explicit GraphBuilder(std::int64_t opset);

  void input(const std::string& name, loader::DataType type,
             std::vector<std::optional<std::int64_t>> dims);
  void output(const std::string& name, std::vector<std::optional<std::int64_t>> dims);

  std::string constant(const std::string& name, loader::Tensor value);
  std::string integers(const std::string& name, const std::vector<std::int64_t>& values);
  std::string number(const std::string& name, float value);  // a scalar

  std::string node(const std::string& op, std::vector<std::string> inputs, const std::string& name,
                   std::vector<loader::Attribute> attributes = {});
  // Axes are an attribute or an input, as the opset has it.
  std::string unsqueeze(const std::string& x, std::int64_t axis, const std::string& name);
  std::string squeeze(const std::string& x, std::int64_t axis, const std::string& name);
  // x in two halves of one element along the last axis.
  std::pair<std::string, std::string> split_pairs(const std::string& x, const std::string& name);
  std::string reshape(const std::string& x, const std::vector<std::int64_t>& dims,
                      const std::string& name);
  std::string transpose(const std::string& x, const std::vector<std::int64_t>& order,
                        const std::string& name);
  std::string cast(const std::string& x, loader::DataType type, const std::string& name);
  // Over the last axis: one node from opset 17 on, before it nine.
  std::string layer_norm(const std::string& x, const std::string& gamma, const std::string& beta,
                         float epsilon, const std::string& name);
  // By the error function: one node from opset 20 on, before it five.
  std::string gelu(const std::string& x, const std::string& name);

  std::int64_t opset() const noexcept { return graph_.opset; }
  loader::Graph take() && { return std::move(graph_); }

 private:
  std::string mean(const std::string& x, const std::string& name);

  loader::Graph graph_;
};

}  // namespace filigree::tools
