// Amounts of memory as people write them.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace filigree::serve {

// "1500000", "2GB" (powers of 1000), "1536MiB" (of 1024); units B, KB, MB, GB, TB, KiB, MiB, GiB,
// TiB in any case, with or without a space before. nullopt for anything else and for what does not
// fit into std::size_t.
std::optional<std::size_t> parse_byte_size(std::string_view text);

}  // namespace filigree::serve
