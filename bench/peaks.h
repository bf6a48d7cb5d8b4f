// Rates that no kernel of an instruction set can exceed, as loops to be timed between repetitions
// of a kernel: the machines are shared, so only a ratio within one run says something.
#pragma once

#include "kernels/isa_kind.h"

namespace filigree::bench {

struct PeakLoop {
  const char* name;
  void (*run)() noexcept;  // one call; well under a millisecond
  double multiply_adds;    // of one call; a rate in FLOP counts two for each
};

// `isa` is at least kAvx2 and supported by this CPU; kAvx512Vnni has the loops of kAvx512.

// Independent fma chains in registers.
PeakLoop fma_peak(kernels::Isa isa) noexcept;
// R: the same with one operand of each fma an aligned vector of 27 KB, which stay in L1.
PeakLoop l1_load_rate(kernels::Isa isa) noexcept;
// vpmaddubsw, vpmaddwd, vpaddd in registers: int8 without VNNI.
PeakLoop maddubs_peak(kernels::Isa isa) noexcept;
// Independent vpdpbusd chains in registers. Requires kAvx512Vnni.
PeakLoop vnni_peak() noexcept;
// The same with the inputs of each vpdpbusd loaded from 27 KB in L1.
PeakLoop vnni_load_rate() noexcept;

}  // namespace filigree::bench
