// The files around a changed model: what is copied, and what its card says.
#pragma once

#include <cstddef>
#include <filesystem>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "serve/json.h"

namespace filigree::tools {

// Copies the regular files that lie in the folder `from` to `to`: tokenizer, configuration, cards.
// Left out are ONNX files and `external_files`, which the new model replaces, and folders (samples
// of outputs are those of the old model). Throws InputError.
void copy_model_files(const std::filesystem::path& from, const std::filesystem::path& to,
                      const std::set<std::string>& external_files);

struct CardChange {
  std::string name;        // of the new model
  std::string how;         // one sentence
  std::size_t size_bytes;  // of its ONNX file
  // Members that get another value; what was measured or computed of the old file is dropped.
  std::vector<std::pair<std::string, serve::Json>> members;
};

// Brings card.json up to date (when it is there and an object) and adds a line to README.md (made
// when it is not there). Throws InputError.
void update_cards(const std::filesystem::path& folder, const CardChange& change);

}  // namespace filigree::tools
