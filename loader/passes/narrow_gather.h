// Gather(Cast(table to float), ids) becomes Cast(Gather(table, ids)) for float16 tables: the same
// values, and the table stays half as large. Run before fold_constants, which would otherwise widen
// the table. Then prunes.
#pragma once

#include "loader/graph.h"

namespace filigree::loader {

void narrow_gather(Graph& graph);

}  // namespace filigree::loader
