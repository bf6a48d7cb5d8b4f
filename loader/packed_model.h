// From a match of names to an Encoder of packed weights, tables and numbers.
#pragma once

#include <memory_resource>
#include <vector>

#include "loader/encoder_pattern.h"
#include "loader/model.h"

namespace filigree::loader {

struct PackedEncoder {
  Encoder encoder;
  std::vector<MatrixInfo> matrices;
};

// `file_graph` is the graph as read: it tells in which type a weight was stored. Throws FormatError
// and Mismatch as packed_linear.h does.
PackedEncoder pack_encoder(const GraphIndex& index, const EncoderMatch& match,
                           const Graph& file_graph, const LoadOptions& options,
                           std::pmr::memory_resource& memory);

}  // namespace filigree::loader
