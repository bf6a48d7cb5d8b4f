#include "loader/pattern/mismatch.h"

#include "loader/passes/rewrite.h"

namespace filigree::loader {

Mismatch::Mismatch(const Node& node, const std::string& found, const std::string& expected)
    : std::runtime_error(describe(node) + ": found " + found + ", expected " + expected) {}

// A node that a pass made is called by what the file has in its place.
std::string describe(const Node& node) {
  const bool named = !node.name.empty() || node.outputs.empty();
  return (named ? "node " + quoted_name(node.name)
                : "node of output " + quoted_name(node.outputs[0])) +
         " (" +
         (node.domain == kFiligreeDomain ? string_attribute(node, "operator", node.op_type)
                                         : node.op_type) +
         ")";
}

}  // namespace filigree::loader
