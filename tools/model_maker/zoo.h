// The nineteen question answering models of the SparseServer.UI demo, in shape: random weights.
#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <span>
#include <string_view>

#include "tools/model_maker/model_folder.h"

namespace filigree::tools {

struct ZooModel {
  std::string_view id;    // last part of its route, and its folder
  std::string_view stub;  // last part of its SparseZoo name
  std::size_t layers;
  Sparsity sparsity;
  Precision precision;
  enum class Listed { kInBoth, kInBigOnly } listed;  // config.yaml, big-config.yaml
};

std::span<const ZooModel> zoo_models() noexcept;

struct ZooOptions {
  std::size_t hidden = 768, heads = 12, vocabulary = 30522, max_tokens = 512, opset = 14;
  std::uint64_t seed = 0;
};

// Writes a folder for each model, big-config.yaml with all nineteen and config.yaml with four into
// the existing `folder`. The YAML maps each stub to its folder, so that it is served as it is. All
// models have the same embeddings. `done` is called with the number of finished models. Throws as
// write_model().
void write_zoo(const ZooOptions& options, const std::filesystem::path& folder,
               const Checkpoint& checkpoint, const std::function<void(std::size_t)>& done);

}  // namespace filigree::tools
