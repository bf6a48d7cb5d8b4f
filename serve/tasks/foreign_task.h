// Tasks of DeepSparse that will never be served here, and what to do instead.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace filigree::serve {

// What follows "task '...' ": why not, and the alternative. nullopt for every other name. `name` is
// in lower case, without '-', '_' and spaces.
std::optional<std::string> foreign_task(std::string_view name);

}  // namespace filigree::serve
