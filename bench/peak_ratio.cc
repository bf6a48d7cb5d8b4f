// The useful rate of the linear kernels as a fraction of the fma peak, both measured in one run and
// interleaved, because the machine is shared and its speed varies.
//   peak_ratio [--quick] [shapes file]
// Prints the fraction from the minimum and from the lower quartile of the times. fp32 counts
// operations on nonzeros. int8 is given in the same unit (a multiply-add is two operations), so it
// may exceed 1.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <string>

#include "bench/fma_peak.h"
#include "bench/linear_layer.h"
#include "kernels/isa.h"

namespace filigree::bench {
namespace {

using kernels::WeightFormat;

constexpr std::size_t kTokens = 128;

template <class Function>
double seconds(Function function) {
  const auto start = std::chrono::steady_clock::now();
  function();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

struct Times {
  std::vector<double> values;
  double minimum() { return *std::min_element(values.begin(), values.end()); }
  double lower_quartile() {
    std::sort(values.begin(), values.end());
    return values[values.size() / 4];
  }
};

void print_ratio(const LayerOptions& options, int repetitions) {
  const kernels::KernelTable& table = kernels::table_for(kernels::Isa::kAvx2);
  const auto layer = make_layer(options);
  layer->check(table);
  Times peak;
  Times kernel;
  for (int i = 0; i < repetitions; ++i) {
    peak.values.push_back(seconds([] { fma_avx2(); }));
    kernel.values.push_back(seconds([&] { layer->run(table); }));
  }
  const auto ratio = [&](double kernel_time, double peak_time) {
    return layer->executed_flop() / kernel_time / (fma_avx2_flop() / peak_time);
  };
  std::printf("%-58s %8.1f us  peak %6.1f GFLOP/s  fraction %.3f  lower quartile %.3f\n",
              describe(options).c_str(), kernel.minimum() * 1e6,
              fma_avx2_flop() / peak.minimum() * 1e-9, ratio(kernel.minimum(), peak.minimum()),
              ratio(kernel.lower_quartile(), peak.lower_quartile()));
}

void print_all(const std::vector<Shape>& shapes, int repetitions) {
  for (const Shape shape : shapes) {
    for (const double zeros : {0.8, 0.9, 0.95})
      print_ratio({shape, WeightFormat::kUnstructuredF32, zeros, 1, kTokens}, repetitions);
    print_ratio({shape, WeightFormat::kDenseF32, 0.0, 1, kTokens}, repetitions);
    print_ratio({shape, WeightFormat::kGroupsI8, 0.8, 4, kTokens}, repetitions);
    print_ratio({shape, WeightFormat::kGroupsI8, 0.8, 1, kTokens}, repetitions);
    print_ratio({shape, WeightFormat::kDenseI8, 0.0, 1, kTokens}, repetitions);
  }
}

}  // namespace
}  // namespace filigree::bench

int main(int argc, char** argv) {
  try {
    const bool quick = argc > 1 && std::strcmp(argv[1], "--quick") == 0;
    const std::string shapes =
        argc > (quick ? 2 : 1) ? argv[argc - 1] : FILIGREE_SOURCE_DIR "/bench/shapes/bert_base.txt";
    filigree::bench::print_all(filigree::bench::read_shapes(shapes), quick ? 10 : 200);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "peak_ratio: %s\n", error.what());
    return EXIT_FAILURE;
  }
  return EXIT_SUCCESS;
}
