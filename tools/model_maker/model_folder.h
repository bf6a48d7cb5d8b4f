// A made model on disk.
#pragma once

#include <filesystem>

#include "tools/model_maker/float_model.h"
#include "tools/model_maker/model_spec.h"

namespace filigree::tools {

// The graph of `spec` in its precision. Throws std::invalid_argument when it is too large, and what
// `checkpoint` throws.
loader::Graph make_graph(const ModelSpec& spec, const Checkpoint& checkpoint);

// Writes model.onnx, config.json, the tokenizer's files and card.json into the existing `folder`;
// the card calls the model `name`. Throws InputError for files, and as make_graph().
void write_model(const ModelSpec& spec, const std::filesystem::path& folder,
                 const std::string& name, const Checkpoint& checkpoint);

}  // namespace filigree::tools
