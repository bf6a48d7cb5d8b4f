// Removes what the graph outputs do not depend on: nodes, and initializers that no remaining node
// reads and that are not outputs themselves. Never removes graph inputs.
#pragma once

#include "loader/graph.h"

namespace filigree::loader {

void prune(Graph& graph);

}  // namespace filigree::loader
