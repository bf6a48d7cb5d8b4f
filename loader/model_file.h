// Which file a model is.
#pragma once

#include <filesystem>

namespace filigree::loader {

// `path` itself, or of a folder: model.onnx, else model.filigree when that is there. Not looked
// into.
std::filesystem::path model_file(const std::filesystem::path& path);

// Whether `file` begins as packed files do. False for one that cannot be read.
bool is_packed_file(const std::filesystem::path& file) noexcept;

}  // namespace filigree::loader
