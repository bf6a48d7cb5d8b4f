// Where the model of an endpoint is. Nothing is ever downloaded: a stub ("zoo:...", "hf:...") is a
// name for a folder.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <variant>
#include <vector>

namespace filigree::serve {

// Folders that hold models by their names: those of FILIGREE_MODELS_PATH, then of
// SPARSEZOO_MODELS_PATH, separated by colons, empty ones left out.
std::vector<std::filesystem::path> model_roots();

struct ModelSearch {
  std::filesystem::path folder;               // of the configuration; may be empty
  std::map<std::string, std::string> models;  // its `models:`, from names to folders or .onnx files
  std::vector<std::filesystem::path> roots;
  std::filesystem::path path_root = {};  // unless empty, paths are seen from here and nowhere else
};

// An existing .onnx file or a folder with model.onnx, else the reason with every place looked at.
//
// What `models` names is that path, a relative one seen from `folder`. Otherwise a stub is looked
// for in each root under its whole name, "nlp/.../pruned-moderate" or "org/name", as a folder with
// model.onnx or with deployment/model.onnx (a "?..." at the end plays no part); anything else is a
// path: from `path_root`, or without it as it is and, when relative, in `folder`.
std::variant<std::filesystem::path, std::string> find_model(const std::string& model,
                                                            const ModelSearch& search);

}  // namespace filigree::serve
