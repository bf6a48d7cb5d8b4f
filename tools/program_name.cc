#include "tools/program_name.h"

#include <array>
#include <string_view>
#include <utility>

namespace filigree::tools {
namespace {

constexpr std::string_view kPrefix = "deepsparse.";
// Names after the prefix, as DeepSparse installs them, and what does the same here.
constexpr std::array<std::pair<std::string_view, std::string_view>, 4> kCommands = {{
    {"server", "serve"},
    {"benchmark", "benchmark"},
    {"benchmark_pipeline", "benchmark-pipeline"},
    {"check_hardware", "check-hardware"},
}};

std::string_view command_of(std::string_view name) {
  for (const auto& [theirs, ours] : kCommands)
    if (name.substr(kPrefix.size()) == theirs) return ours;
  return name;
}

}  // namespace

std::vector<std::string> command_words(std::span<const char* const> arguments) {
  if (arguments.empty()) return {};
  std::vector<std::string> words;
  std::string_view name = arguments.front();
  if (const std::size_t slash = name.rfind('/'); slash != std::string_view::npos)
    name.remove_prefix(slash + 1);
  if (name.starts_with(kPrefix)) words.emplace_back(command_of(name));
  words.insert(words.end(), arguments.begin() + 1, arguments.end());
  return words;
}

}  // namespace filigree::tools
