// The rates of bench/peaks.h, sampled on request, so that a driver can take them between its own
// measurements (bench/peers/compare.py).
//   peak_time
// Reads names from standard input: fma, r (loads from L1), vnni, of the best instruction set.
// Prints operations per second of one sample (two for each multiply-add), or "none" where this CPU
// has no such loop.
#include <chrono>
#include <cstdio>
#include <iostream>
#include <optional>
#include <string>

#include "bench/peaks.h"
#include "kernels/isa.h"
#include "kernels/kernel_table.h"

namespace filigree::bench {
namespace {

std::optional<PeakLoop> loop_named(const std::string& name) {
  const kernels::Isa isa = kernels::supported_tables().back().isa;
  if (isa < kernels::Isa::kAvx2) return std::nullopt;
  if (name == "fma") return fma_peak(isa);
  if (name == "r") return l1_load_rate(isa);
  if (name == "vnni" && isa == kernels::Isa::kAvx512Vnni) return vnni_peak();
  return std::nullopt;
}

double operations_per_second(const PeakLoop& loop) {
  const auto start = std::chrono::steady_clock::now();
  loop.run();
  const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - start;
  return 2.0 * loop.multiply_adds / taken.count();
}

}  // namespace
}  // namespace filigree::bench

int main() {
  for (std::string name; std::getline(std::cin, name);) {
    const auto loop = filigree::bench::loop_named(name);
    if (loop)
      std::printf("%.0f\n", filigree::bench::operations_per_second(*loop));
    else
      std::printf("none\n");
    std::fflush(stdout);
  }
  return 0;
}
