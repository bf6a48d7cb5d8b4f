#include "loader/pattern/mismatch.h"

namespace filigree::loader {

Mismatch::Mismatch(const Node& node, const std::string& found, const std::string& expected)
    : std::runtime_error(describe(node) + ": found " + found + ", expected " + expected) {}

std::string describe(const Node& node) {
  const bool named = !node.name.empty() || node.outputs.empty();
  return (named ? "node " + quoted_name(node.name)
                : "node of output " + quoted_name(node.outputs[0])) +
         " (" + node.op_type + ")";
}

}  // namespace filigree::loader
