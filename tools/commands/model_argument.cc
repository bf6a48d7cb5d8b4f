#include "tools/commands/model_argument.h"

#include <variant>

#include "serve/config/model_path.h"
#include "tools/cli/errors.h"

namespace filigree::tools {

std::filesystem::path model_argument(const std::string& model) {
  if (!model.starts_with("zoo:") && !model.starts_with("hf:")) return model;
  const auto found =
      serve::find_model(model, {.folder = {}, .models = {}, .roots = serve::model_roots()});
  if (const auto* reason = std::get_if<std::string>(&found)) throw InputError(*reason);
  return std::get<std::filesystem::path>(found);
}

}  // namespace filigree::tools
