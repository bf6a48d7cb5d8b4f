// Finds a BERT-family encoder in a canonical graph (passes/) by dataflow alone: names play no part.
#pragma once

#include <string>
#include <vector>

#include "loader/passes/graph_index.h"
#include "loader/pattern/embeddings.h"
#include "loader/pattern/layer.h"

namespace filigree::loader {

struct EncoderMatch {
  EmbeddingsMatch embeddings;
  std::vector<LayerMatch> layers;  // at least one
  std::string output;              // the last hidden state
};

// Throws pattern/mismatch.h's Mismatch, whose text names the first node that did not match, and
// FormatError for a graph whose shapes do not fit together. The match points into the indexed
// graph.
EncoderMatch match_encoder(const GraphIndex& index);

// The part of `graph` after the encoder: nodes on which the outputs depend, up to `match.output`,
// and their initializers. Throws Mismatch when it reads another value of the encoder.
Graph rest_of_graph(const Graph& graph, const EncoderMatch& match);

// Evaluates `rest` on a small input of zeros, as far as that can be done at load. Throws
// FormatError for shapes that do not fit together.
void check_rest(const Graph& rest, const EncoderMatch& match, std::int64_t hidden_size);

}  // namespace filigree::loader
