// Text of clients and files in messages: however long it is, a message can be read.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace filigree::serve {

// Of a name or path.
inline constexpr std::size_t kMostShownBytes = 120;

// `text` when it has at most `most` bytes; else as many whole code points as fit into them, and
// "...".
std::string excerpt(std::string_view text, std::size_t most = kMostShownBytes);

}  // namespace filigree::serve
