// Why a graph is not an encoder that filigree knows. Thrown and caught inside recognition: the
// graph is valid, and runs on the interpreter instead.
#pragma once

#include <stdexcept>
#include <string>

#include "loader/graph.h"

namespace filigree::loader {

class Mismatch : public std::runtime_error {
 public:
  explicit Mismatch(const std::string& text) : std::runtime_error(text) {}
  // "node 'X' (Op): found ..., expected ..."
  Mismatch(const Node& node, const std::string& found, const std::string& expected);
};

// "node 'X' (Op)"; a node without a name is called by its first output.
std::string describe(const Node& node);

}  // namespace filigree::loader
