// Matrices stored as FLOAT16 behind Cast.
#pragma once

#include <set>
#include <string>

#include "loader/graph.h"

namespace filigree::tools {

// Rounds the initializers `names` to half precision; readers read them through a Cast to FLOAT.
// Precondition: they are FLOAT initializers of `graph`.
void store_as_half(loader::Graph& graph, const std::set<std::string>& names);

}  // namespace filigree::tools
