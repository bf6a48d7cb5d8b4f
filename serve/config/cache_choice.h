// Where packed models are kept from one start to the next. The only place that decides:
// `--cache-dir` before FILIGREE_CACHE_DIR before the key `cache_dir` before
// $XDG_CACHE_HOME/filigree before ~/.cache/filigree.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

namespace filigree::serve {

// An empty flag, variable or key is as good as none. Empty when nothing says where, not even HOME:
// then nothing is kept.
std::filesystem::path choose_cache_folder(const std::optional<std::string>& flag,
                                          const std::optional<std::string>& file);

}  // namespace filigree::serve
