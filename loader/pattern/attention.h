// Multi-head attention in a canonical graph, found from its Softmax.
//   softmax(queries x keys^T * scale [+ mask]) x values, heads split from and merged to [batch,
//   tokens, features]
#pragma once

#include <cstdint>
#include <string>

#include "loader/pattern/sample_context.h"

namespace filigree::loader {

struct AttentionMatch {
  const Node* query = nullptr;  // linear nodes, all reading `input`
  const Node* key = nullptr;
  const Node* value = nullptr;
  const Node* output = nullptr;  // the linear node after the heads are merged
  const Node* scores = nullptr;  // MatMul or QuantizedMatMul
  const Node* context = nullptr;
  std::string input;
  std::int64_t heads = 0;
  std::int64_t head_size = 0;
  // Of all multiplications of scores, without that of QuantizedMatMul, and in float of those of
  // queries and keys. Before QuantizedMatMul these belong to what it quantises.
  double score_scale = 1;
  double query_scale = 1;
  double key_scale = 1;
};

// True when `softmax` normalises a product of two computed values, perhaps scaled and masked.
bool is_attention(const GraphIndex& index, const Node& softmax);

// Throws Mismatch that names the first node that is not as in attention.
AttentionMatch match_attention(SampleContext& context, const Node& softmax);

// The only node that reads the content of `value`, for which `what` is a phrase such as "the
// attention output".
const Node& only_reader(const GraphIndex& index, const std::string& value, const std::string& what);

}  // namespace filigree::loader
