// The loops behind peaks.h; a file for each instruction set. Twelve chains: two multiplications
// start per cycle and take 4 or 5, which leaves room for delays.
#pragma once

#include <cstddef>

namespace filigree::bench {

inline constexpr int kChains = 12;
inline constexpr int kSteps = 4000;  // of a loop in registers
inline constexpr int kPasses = 100;  // of a loop over kL1Floats
inline constexpr std::size_t kL1Floats = 12 * 16 * 36;
template <int kLanes>
inline constexpr int kL1Steps = kPasses* static_cast<int>(kL1Floats) / (kLanes * kChains);

void fma_avx2() noexcept;
void l1_load_avx2() noexcept;
void maddubs_avx2() noexcept;
void fma_avx512() noexcept;
void l1_load_avx512() noexcept;
void maddubs_avx512() noexcept;
void dpbusd_avx512_vnni() noexcept;
void dpbusd_load_avx512_vnni() noexcept;

}  // namespace filigree::bench
