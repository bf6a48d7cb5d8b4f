// The graph of a model in float, with random weights.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "loader/graph.h"
#include "tools/cli/output_folder.h"
#include "tools/model_maker/model_spec.h"

namespace filigree::tools {

struct FloatModel {
  loader::Graph graph;
  // Initializers: weights of the encoder's linear layers, [inputs, outputs] each; those of the
  // head, the same behind MatMul and transposed behind Gemm; embedding tables.
  std::set<std::string> linear_weights, head_weights, tables;
  // Outputs of linear layers that a residual sum or an activation reads.
  std::set<std::string> branch_outputs;
  // Outputs of products of two computed values that are not quantised.
  std::set<std::string> float_products;
};

// Inputs input_ids, attention_mask and for BERT token_type_ids, INT64 [batch, sequence]; outputs
// start_logits and end_logits, logits, or last_hidden_state. Weights follow weights.h; embeddings
// and biases have deviation 0.04 and 0.02, norms gamma 1 +- 0.05.
FloatModel make_float_model(const ModelSpec& spec, const Checkpoint& checkpoint);

}  // namespace filigree::tools
