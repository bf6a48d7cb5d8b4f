#include "bench/peaks.h"

#include "bench/peak_loops.h"

namespace filigree::bench {
namespace {

constexpr double kLoopSteps = 1.0 * kChains * kSteps;
constexpr double kL1MultiplyAdds = 1.0 * kL1Floats * kPasses;

}  // namespace

PeakLoop fma_peak(kernels::Isa isa) noexcept {
  if (isa == kernels::Isa::kAvx2) return {"fma avx2", fma_avx2, 8 * kLoopSteps};
  return {"fma avx512", fma_avx512, 16 * kLoopSteps};
}

PeakLoop l1_load_rate(kernels::Isa isa) noexcept {
  if (isa == kernels::Isa::kAvx2) return {"R avx2", l1_load_avx2, kL1MultiplyAdds};
  return {"R avx512", l1_load_avx512, kL1MultiplyAdds};
}

PeakLoop maddubs_peak(kernels::Isa isa) noexcept {
  if (isa == kernels::Isa::kAvx2) return {"maddubs avx2", maddubs_avx2, 32 * kLoopSteps};
  return {"maddubs avx512", maddubs_avx512, 64 * kLoopSteps};
}

PeakLoop vnni_load_rate() noexcept {
  return {"vpdpbusd + load", dpbusd_load_avx512_vnni, 4 * kL1MultiplyAdds};
}

PeakLoop vnni_peak() noexcept { return {"vpdpbusd", dpbusd_avx512_vnni, 64 * kLoopSteps}; }

}  // namespace filigree::bench
