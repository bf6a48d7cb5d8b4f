// Gather(Cast(table to float), ids) becomes Cast(Gather(table, ids)) for float16 tables, and
// Gather(DequantizeLinear(table), ids) likewise for INT8 and UINT8 ones with one scale: the same
// values, and the table stays as small as it is stored. Run before fold_constants, which would
// otherwise widen the table. Then prunes.
#pragma once

#include "loader/graph.h"

namespace filigree::loader {

void narrow_gather(Graph& graph);

}  // namespace filigree::loader
