#include "serve/config/cache_choice.h"

#include <cstdlib>

namespace filigree::serve {
namespace {

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

}  // namespace

std::filesystem::path choose_cache_folder(const std::optional<std::string>& flag,
                                          const std::optional<std::string>& file) {
  for (const std::string& asked :
       {flag.value_or(""), variable("FILIGREE_CACHE_DIR"), file.value_or("")})
    if (!asked.empty()) return asked;
  // Relative ones are to be ignored, says the XDG base directory specification.
  const std::filesystem::path base = variable("XDG_CACHE_HOME");
  if (base.is_absolute()) return base / "filigree";
  const std::filesystem::path home = variable("HOME");
  return home.is_absolute() ? home / ".cache/filigree" : std::filesystem::path();
}

}  // namespace filigree::serve
