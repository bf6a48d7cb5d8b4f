// What Hugging Face calls the parts of a family, as they appear in exported models.
#pragma once

#include "tools/model_maker/model_spec.h"

namespace filigree::tools {

struct CheckpointNames {
  const char* base;    // before embeddings and layers
  const char* layers;  // before the number of a layer
  const char* query;
  const char* key;
  const char* value;
  const char* attention_output;
  const char* attention_norm;
  const char* ffn_in;
  const char* ffn_out;
  const char* output_norm;
};

constexpr CheckpointNames checkpoint_names(Family family) {
  if (family == Family::kDistilBert)
    return {"distilbert",      "distilbert.transformer.layer.",
            "attention.q_lin", "attention.k_lin",
            "attention.v_lin", "attention.out_lin",
            "sa_layer_norm",   "ffn.lin1",
            "ffn.lin2",        "output_layer_norm"};
  const bool roberta = family == Family::kRoberta;
  return {roberta ? "roberta" : "bert",
          roberta ? "roberta.encoder.layer." : "bert.encoder.layer.",
          "attention.self.query",
          "attention.self.key",
          "attention.self.value",
          "attention.output.dense",
          "attention.output.LayerNorm",
          "intermediate.dense",
          "output.dense",
          "output.LayerNorm"};
}

}  // namespace filigree::tools
