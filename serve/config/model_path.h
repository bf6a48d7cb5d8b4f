// Where the model of an endpoint is.
#pragma once

#include <filesystem>
#include <string>
#include <variant>

namespace filigree::serve {

// An existing .onnx file or a folder with model.onnx: `model` as it is, when it is relative also
// beside the configuration in `folder` (may be empty). Otherwise the reason.
std::variant<std::filesystem::path, std::string> find_model(const std::string& model,
                                                            const std::filesystem::path& folder);

}  // namespace filigree::serve
