// A model that ends after a layer of its encoder (LoadOptions::hidden_layer). Internal to the
// loader.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "loader/graph.h"

namespace filigree::loader {

// Which of `layers` layers `layer` is, counted from the end when negative. Throws FormatError for
// one that is not there.
std::size_t layer_index(std::size_t layers, std::int64_t layer);

// What remains of `graph` then: the hidden state `name` goes in and comes out.
Graph hidden_state_graph(const Graph& graph, const std::string& name);

}  // namespace filigree::loader
