// The flags of every command that keeps packed models: --cache-dir, --no-cache, --verify-cache.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "loader/model.h"
#include "tools/cli/arguments.h"

namespace filigree::tools {

void add_cache_flags(std::vector<Flag>& flags);

// What they say, else FILIGREE_CACHE_DIR, else `configured` and so on
// (serve/config/cache_choice.h). Models are stored before they are used.
loader::LoadOptions::Cache chosen_cache(const Arguments& arguments,
                                        const std::optional<std::string>& configured = {});

// As the flags --isa, --num-cores and those of the cache say. Throws ConfigError for the
// instruction set.
loader::LoadOptions load_options(const Arguments& arguments);

}  // namespace filigree::tools
