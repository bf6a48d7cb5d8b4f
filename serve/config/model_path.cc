#include "serve/config/model_path.h"

#include <system_error>
#include <vector>

namespace filigree::serve {
namespace {

namespace fs = std::filesystem;

bool is_model(const fs::path& path) {
  std::error_code ignored;
  return fs::is_regular_file(path, ignored) || fs::is_regular_file(path / "model.onnx", ignored);
}

}  // namespace

std::variant<fs::path, std::string> find_model(const std::string& model, const fs::path& folder) {
  const std::string quoted = "model '" + model + "'";
  if (model.starts_with("zoo:") || model.starts_with("hf:") || model == "default")
    return quoted +
           " names a download; filigree uses no network, expected a local folder or .onnx file";
  if (model.empty()) return std::string("model is empty, expected a folder or .onnx file");
  std::vector<fs::path> candidates{model};
  if (candidates.front().is_relative() && !folder.empty()) candidates.push_back(folder / model);
  std::string tried;
  for (const fs::path& candidate : candidates) {
    if (is_model(candidate)) return candidate;
    std::error_code ignored;
    tried += (tried.empty() ? "" : " and ") + fs::absolute(candidate, ignored).string();
  }
  return quoted + " is neither a folder with model.onnx nor a file; looked at " + tried;
}

}  // namespace filigree::serve
