// Small text functions that know ASCII only: what option names and lists of labels need.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace filigree::serve {

std::string lower_case(std::string_view text);

// Without white space at both ends.
std::string_view trimmed(std::string_view text) noexcept;

// "a, b,,c " -> a, b, c: trimmed, without the empty ones.
std::vector<std::string> comma_separated(std::string_view text);

}  // namespace filigree::serve
