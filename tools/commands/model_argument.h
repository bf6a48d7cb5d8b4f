// The model that a command is asked for: a path, or a name.
#pragma once

#include <filesystem>
#include <string>

namespace filigree::tools {

// A name that begins with "zoo:" or "hf:" is looked for in the folders of FILIGREE_MODELS_PATH and
// SPARSEZOO_MODELS_PATH (serve/config/model_path.h); throws InputError with every place looked at.
// Anything else is a path and comes back as it is.
std::filesystem::path model_argument(const std::string& model);

}  // namespace filigree::tools
