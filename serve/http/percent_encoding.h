// Bytes of a URL as %XX.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace filigree::serve {

// Letters, digits and -._~/ stay, every other byte becomes %XX: plain text in a URL, JSON, HTML or
// a terminal, whatever `text` is.
std::string percent_encoded(std::string_view text);

// The inverse of any such encoding; nullopt when a '%' is not followed by two hexadecimal digits.
std::optional<std::string> percent_decoded(std::string_view text);

}  // namespace filigree::serve
