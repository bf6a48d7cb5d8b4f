// Reshapes, transposes and multiplications by one number between two values: what they do to the
// elements is found by numbering the elements of the first value and following the numbers, so that
// any sequence of them is understood.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "loader/pattern/sample_context.h"

namespace filigree::loader {

// Exporters write up to six nodes between a linear layer and a product.
inline constexpr int kMaxLayoutSteps = 64;

struct LayoutPath {
  const Node* source;              // computes the first value
  std::vector<const Node*> steps;  // from there to the last value
  double scale = 1;                // product of the multiplications
};

// Walks back from the value that `reader` reads to a node for which `is_source` holds. Throws
// Mismatch that names the first other node and `expected`.
LayoutPath layout_path(SampleContext& context, const std::string& value, const Node& reader,
                       const std::function<bool(const Node&)>& is_source,
                       const std::string& expected);

// The elements of the source's value, numbered 0, 1, ... in row-major order, as they lie in the
// last value. The scale is not applied. `source_dims` are those of the source's value.
Tensor numbered_layout(Sample& sample, const GraphIndex& index, const LayoutPath& path,
                       const Dims& source_dims);

// True when `layout` has shape `dims` (four of them) and its element [a, b, c, d] is number(a, b,
// c, d).
using NumberOf =
    std::function<std::int64_t(std::int64_t, std::int64_t, std::int64_t, std::int64_t)>;
bool is_layout(const Tensor& layout, const Dims& dims, const NumberOf& number);

}  // namespace filigree::loader
