// The embeddings in a canonical graph: a sum of rows gathered from tables, usually normalised.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "loader/model.h"
#include "loader/pattern/sample_context.h"

namespace filigree::loader {

enum class TableRows { kIndexed, kOnlyFirst };  // kOnlyFirst: the graph reads row 0 for every token

struct TableMatch {
  EmbeddingInput input = EmbeddingInput::kWord;
  TableRows rows = TableRows::kIndexed;
  std::string table;  // an initializer [rows, width]: float, float16, or quantised
  const Node* gather = nullptr;
  const Node* dequantize = nullptr;  // DequantizeLinear of the gathered rows, or nullptr
};

struct EmbeddingsMatch {
  std::vector<TableMatch> tables;  // in the order of summation
  const Node* norm = nullptr;      // LayerNormalization, or nullptr
  std::string output;
  std::set<std::string> inputs;  // graph inputs that index tables
};

// What computes `output`, the input of the first layer. Throws Mismatch that names the first node
// that does not fit. `reader` is the node that reads `output`, for messages.
EmbeddingsMatch match_embeddings(const GraphIndex& index, const std::string& output,
                                 const Node& reader);

// Which table is indexed by words, token types and positions: words have the longest table that an
// input indexes; positions are proven to be 0, 1, ... up to the last row, on samples. Throws
// Mismatch.
void classify_tables(SampleContext& context, EmbeddingsMatch& embeddings);

}  // namespace filigree::loader
