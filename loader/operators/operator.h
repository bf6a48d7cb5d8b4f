// What an operator implementation sees of a node, and the table that names them all. Internal to
// the loader; loader/interpreter.h is the way in.
//
// Implementations throw FormatError or UnsupportedError with only what is wrong ("axis 3 is outside
// rank 2"): evaluate() adds node, operator, opset and inputs.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "loader/error.h"
#include "loader/graph.h"
#include "loader/tensor.h"

namespace filigree::loader {

struct Call {
  const Node& node;
  std::span<const Tensor> inputs;
  std::int64_t opset;

  bool has_input(std::size_t index) const noexcept {
    return index < inputs.size() && !inputs[index].empty();
  }
  // Throws FormatError when the input is missing.
  const Tensor& input(std::size_t index) const;
};

// Returns at least one tensor for each of node.outputs.
using OperatorFn = std::vector<Tensor> (*)(const Call&);

enum class Half {
  kNative,   // the operator moves elements of any type, or handles FLOAT16 itself
  kAsFloat,  // FLOAT16 inputs are widened to FLOAT, FLOAT outputs are rounded back
};

struct Operator {
  std::string_view name;  // all are of the default domain
  OperatorFn function;
  Half half;
  std::string_view attributes;  // those it understands, separated by spaces; any other is an error
};

// Nullptr when there is none. Domain "" only.
const Operator* find_operator(std::string_view domain, std::string_view name) noexcept;

}  // namespace filigree::loader
