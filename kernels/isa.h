// Whether this CPU (and its operating system) has an instruction set, and what the sets are called.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "kernels/isa_kind.h"

namespace filigree::kernels {

// True when CPUID reports every bit of `isa` and XGETBV says that the system saves its registers.
bool cpu_supports(Isa isa) noexcept;

// Bytes of the first-level data cache of this CPU; 32 KB where CPUID does not say.
std::size_t l1_data_cache_bytes() noexcept;

// "scalar", "avx2", "avx512", "avx512_vnni"; parse_isa is the inverse and knows no other spelling.
std::string_view isa_name(Isa isa) noexcept;
std::optional<Isa> parse_isa(std::string_view name) noexcept;

}  // namespace filigree::kernels
