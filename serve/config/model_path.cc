#include "serve/config/model_path.h"

#include <algorithm>
#include <cstdlib>
#include <string_view>
#include <system_error>

#include "loader/model_file.h"

namespace filigree::serve {
namespace {

namespace fs = std::filesystem;

using Found = std::variant<fs::path, std::string>;

constexpr const char* kVariables[] = {"FILIGREE_MODELS_PATH", "SPARSEZOO_MODELS_PATH"};

bool is_model(const fs::path& path) {
  std::error_code ignored;
  return fs::is_regular_file(loader::model_file(path), ignored);
}

// "/a and /b"
std::string listed(const std::vector<fs::path>& paths) {
  std::string text;
  for (const fs::path& path : paths) {
    std::error_code ignored;
    text += (text.empty() ? "" : " and ") + fs::absolute(path, ignored).string();
  }
  return text;
}

Found mapped(const std::string& quoted, const std::string& target, const fs::path& folder) {
  const fs::path path = folder / target;
  if (is_model(path)) return path;
  return quoted + " is '" + target +
         "' by the 'models' of the configuration, which is neither a folder with model.onnx nor a "
         "file; looked at " +
         listed({path});
}

// The name without prefix and query; "" when it cannot be a path below a root.
std::string name_of_stub(std::string_view stub) {
  stub.remove_prefix(stub.find(':') + 1);
  stub = stub.substr(0, stub.find('?'));
  const fs::path path(stub);
  const bool leaves = path.is_absolute() || std::ranges::any_of(path, [](const fs::path& part) {
                        return part.empty() || part == "." || part == "..";
                      });
  return leaves ? "" : std::string(stub);
}

Found by_stub(const std::string& model, const std::string& quoted,
              const std::vector<fs::path>& roots) {
  const std::string name = name_of_stub(model);
  if (name.empty())
    return quoted +
           " has no usable name, expected zoo:DOMAIN/.../TAG, zoo:ARCHITECTURE-...-TAG or "
           "hf:ORGANISATION/NAME";
  std::vector<fs::path> tried;
  for (const fs::path& root : roots)
    for (const fs::path& candidate : {root / name, root / name / "deployment"}) {
      if (is_model(candidate)) return candidate;
      tried.push_back(candidate);
    }
  const std::string looked = tried.empty()
                                 ? "; FILIGREE_MODELS_PATH and SPARSEZOO_MODELS_PATH are not set"
                                 : "; looked at " + listed(tried);
  return quoted + " is not here, and filigree downloads nothing" + looked +
         ". Put model.onnx, config.json and tokenizer.json into " +
         (tried.empty() ? "DIR/" + name + " and set FILIGREE_MODELS_PATH=DIR"
                        : tried.front().string()) +
         ", or name their folder in the configuration: models: {\"" + model + "\": FOLDER}";
}

}  // namespace

std::vector<fs::path> model_roots() {
  std::vector<fs::path> roots;
  for (const char* variable : kVariables) {
    const char* value = std::getenv(variable);
    std::string_view rest = value == nullptr ? "" : value;
    while (!rest.empty()) {
      const std::string_view folder = rest.substr(0, rest.find(':'));
      if (!folder.empty()) roots.emplace_back(folder);
      rest.remove_prefix(std::min(folder.size() + 1, rest.size()));
    }
  }
  return roots;
}

Found find_model(const std::string& model, const ModelSearch& search) {
  const std::string quoted = "model '" + model + "'";
  if (model.empty()) return std::string("model is empty, expected a folder or .onnx file");
  if (const auto entry = search.models.find(model); entry != search.models.end())
    return mapped(quoted, entry->second, search.folder);
  if (model == "default")
    return quoted +
           " names a download; filigree uses no network, expected a local folder, a .onnx "
           "file or a name in the 'models' of the configuration";
  if (model.starts_with("zoo:") || model.starts_with("hf:"))
    return by_stub(model, quoted, search.roots);
  std::vector<fs::path> candidates{search.path_root / model};
  if (candidates.front().is_relative() && !search.folder.empty())
    candidates.push_back(search.folder / model);
  for (const fs::path& candidate : candidates)
    if (is_model(candidate)) return candidate;
  return quoted + " is neither a folder with model.onnx nor a file; looked at " +
         listed(candidates);
}

}  // namespace filigree::serve
