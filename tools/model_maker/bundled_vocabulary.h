// The vocabulary of the bundled models (third_party/models, Apache-2.0), inside the program.
#pragma once

#include <string_view>

namespace filigree::tools {

// 30,522 tokens, one a line, in the order of their ids.
std::string_view bundled_vocabulary() noexcept;

}  // namespace filigree::tools
