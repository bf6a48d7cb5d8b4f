// Instruction sets that kernels are written for, and whether this CPU (and its operating system) has them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace filigree::kernels {

// Each one implies those before it. kAvx2: AVX2, FMA and F16C. kAvx512: F, CD, BW, DQ, VL (Skylake-X).
// kAvx512Vnni adds AVX512_VNNI only (Cascade Lake).
enum class Isa : std::uint8_t { kScalar, kAvx2, kAvx512, kAvx512Vnni };

// True when CPUID reports every bit of `isa` and XGETBV says that the system saves its registers.
bool cpu_supports(Isa isa) noexcept;

// "scalar", "avx2", "avx512", "avx512_vnni"; parse_isa is the inverse and knows no other spelling.
std::string_view isa_name(Isa isa) noexcept;
std::optional<Isa> parse_isa(std::string_view name) noexcept;

}  // namespace filigree::kernels
