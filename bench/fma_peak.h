// The fp32 rate that no kernel of an instruction set can exceed, measured: independent fma chains
// in registers.
#pragma once

namespace filigree::bench {

// Operations of one call: two for each lane of each fma.
double fma_avx2_flop();
// Executes them; nothing is loaded or stored inside the loop. Requires AVX2 and FMA.
void fma_avx2();

}  // namespace filigree::bench
