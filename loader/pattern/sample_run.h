// Evaluates parts of a canonical graph (passes/rewrite.h) on one small input, to learn the shapes
// of its values and the content of what does not depend on weights: shapes, positions, masks.
// Linear layers, normalisations and integer products are not computed: they give zeros of the right
// shape, after checking that their operands fit.
#pragma once

#include <cstddef>
#include <map>
#include <set>
#include <string>

#include "loader/interpreter.h"
#include "loader/passes/graph_index.h"

namespace filigree::loader {

class SampleRun {
 public:
  // `inputs` holds all graph inputs. The index must outlive this.
  SampleRun(const GraphIndex& index, Values inputs);

  // Throws FormatError when a node on the way does not fit its inputs, Mismatch when it cannot be
  // evaluated here: its operator is not implemented, or it would be large.
  const Tensor& value(const std::string& name);

 private:
  const Tensor& operand(const Node& node, const std::string& name) const;
  void compute(const Node& node);
  Tensor shape_only(const Node& node);
  Tensor zeros(const Dims& dims);

  const GraphIndex* index_;
  Values values_;
  std::map<Dims, Tensor> zeros_;  // shared by all values of one shape
  std::size_t budget_;
};

// Graph inputs whose content, not only their shape, `value` depends on.
std::set<std::string> content_inputs(const GraphIndex& index, const std::string& value);

}  // namespace filigree::loader
