// What this program calls itself.
#pragma once

#include <string_view>

namespace filigree::serve {

// "0.1.0".
std::string_view version() noexcept;

}  // namespace filigree::serve
