// Which source this program was built from. The source file is written by cmake/WriteCommit.cmake
// at every build.
#pragma once

#include <string_view>

namespace filigree::tools {

// "b5be05b", "b5be05b-dirty" with changes that were not committed, "unknown" outside of a clone.
std::string_view build_commit() noexcept;

}  // namespace filigree::tools
