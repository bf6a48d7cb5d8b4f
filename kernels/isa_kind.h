// The instruction sets that kernels are written for. Plain data, so that ISA folders can include
// it.
#pragma once

#include <cstdint>

namespace filigree::kernels {

// Each one implies those before it. kAvx2: AVX2, FMA and F16C. kAvx512: F, CD, BW, DQ, VL
// (Skylake-X). kAvx512Vnni adds AVX512_VNNI only (Cascade Lake).
enum class Isa : std::uint8_t { kScalar, kAvx2, kAvx512, kAvx512Vnni };
inline constexpr Isa kAllIsas[] = {Isa::kScalar, Isa::kAvx2, Isa::kAvx512, Isa::kAvx512Vnni};

}  // namespace filigree::kernels
