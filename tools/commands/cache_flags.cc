#include "tools/commands/cache_flags.h"

#include "runtime/topology.h"
#include "serve/config/cache_choice.h"
#include "tools/commands/isa_flag.h"

namespace filigree::tools {

void add_cache_flags(std::vector<Flag>& flags) {
  flags.push_back({"cache-dir", "DIR",
                   "keep packed models here (default: FILIGREE_CACHE_DIR, or ~/.cache/filigree)"});
  flags.push_back({"no-cache", "", "keep no packed models and use none"});
  flags.push_back({"verify-cache", "", "compare every byte of packed models and their sources"});
}

loader::LoadOptions::Cache chosen_cache(const Arguments& arguments,
                                        const std::optional<std::string>& configured) {
  if (arguments.has("no-cache")) return {};
  return {.folder = serve::choose_cache_folder(arguments.text("cache-dir"), configured),
          .verify = arguments.has("verify-cache")};
}

loader::LoadOptions load_options(const Arguments& arguments) {
  const std::size_t cores = arguments.number("num-cores", 1, 4096).value_or(0);
  return {.isa = chosen_isa(arguments).isa,
          .threads = runtime::choose_cores(runtime::process_topology(), cores).cores,
          .cache = chosen_cache(arguments)};
}

}  // namespace filigree::tools
