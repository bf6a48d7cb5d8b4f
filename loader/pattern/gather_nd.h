// GatherND, which exporters use inside attention masks. Masks are evaluated on samples only
// (sample_run.h), so this is written for reading, with one element at a time.
#pragma once

#include <span>

#include "loader/graph.h"

namespace filigree::loader {

// `inputs` are data and indices (INT64). Throws FormatError for indices that do not fit the data,
// UnsupportedError for batch_dims other than 0.
Tensor gather_nd(const Node& node, std::span<const Tensor> inputs);

}  // namespace filigree::loader
