// The useful rate of the linear kernels as a fraction of the rates in bench/peaks.h, measured in
// one run and interleaved, because the machine is shared and its speed varies.
//   peak_ratio [--quick] [--isa=NAME] [shapes file]
// Prints the fraction from the minimum of the times and, in brackets, from their lower quartile.
// Operations on nonzeros count.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "bench/linear_layer.h"
#include "bench/peaks.h"
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

struct Settings {
  kernels::Isa isa = kernels::supported_tables().back().isa;
  int repetitions = 200;
  std::string shapes = FILIGREE_SOURCE_DIR "/bench/shapes/bert_base.txt";
};

// What bounds a format: arithmetic, or one load for each multiplication.
std::vector<PeakLoop> bounds(WeightFormat format, kernels::Isa isa) {
  if (format == WeightFormat::kDenseF32) return {fma_peak(isa)};
  if (kernels::is_float(format)) return {fma_peak(isa), l1_load_rate(isa)};
  if (isa != kernels::Isa::kAvx512Vnni) return {maddubs_peak(isa)};
  if (format == WeightFormat::kDenseI8) return {vnni_peak()};
  return {vnni_peak(), vnni_load_rate()};
}

void print_ratio(const LayerOptions& options, const Settings& settings) {
  const kernels::KernelTable& table = kernels::table_for(settings.isa);
  const auto layer = make_layer(options);
  layer->check(table);
  const std::vector<PeakLoop> loops = bounds(options.format, settings.isa);
  std::vector<Times> peaks(loops.size());
  Times kernel;
  for (int i = 0; i < settings.repetitions; ++i) {
    for (std::size_t loop = 0; loop < loops.size(); ++loop)
      peaks[loop].values.push_back(seconds(loops[loop].run));
    kernel.values.push_back(seconds([&] { layer->run(table); }));
  }
  std::printf("%-58s %8.1f us", describe(options).c_str(), kernel.minimum() * 1e6);
  for (std::size_t loop = 0; loop < loops.size(); ++loop) {
    const double flop = 2 * loops[loop].multiply_adds;
    const auto ratio = [&](double kernel_time, double peak_time) {
      return layer->executed_flop() / kernel_time / (flop / peak_time);
    };
    std::printf("  %s %6.1f GFLOP/s: %.3f (%.3f)", loops[loop].name,
                flop / peaks[loop].minimum() * 1e-9, ratio(kernel.minimum(), peaks[loop].minimum()),
                ratio(kernel.lower_quartile(), peaks[loop].lower_quartile()));
  }
  std::printf("\n");
}

void print_all(const Settings& settings) {
  for (const Shape shape : read_shapes(settings.shapes)) {
    for (const double zeros : {0.8, 0.9, 0.95})
      print_ratio({shape, WeightFormat::kUnstructuredF32, zeros, 1, kTokens}, settings);
    for (const double zeros : {0.8, 0.9}) {
      print_ratio({shape, WeightFormat::kBlock4x1F32, zeros, 1, kTokens, 4}, settings);
      print_ratio({shape, WeightFormat::kBlock1x4F32, zeros, 4, kTokens}, settings);
    }
    print_ratio({shape, WeightFormat::kDenseF32, 0.0, 1, kTokens}, settings);
    for (const double zeros : {0.8, 0.9})
      print_ratio({shape, WeightFormat::kGroupsI8, zeros, 4, kTokens}, settings);
    for (const double zeros : {0.8, 0.9, 0.95}) {
      print_ratio({shape, WeightFormat::kGroupsI8, zeros, 1, kTokens}, settings);
      if (settings.isa != kernels::Isa::kAvx512)
        print_ratio({shape, WeightFormat::kUnstructuredI8, zeros, 1, kTokens}, settings);
    }
    print_ratio({shape, WeightFormat::kDenseI8, 0.0, 1, kTokens}, settings);
  }
}

Settings read_settings(int argc, char** argv) {
  Settings settings;
  for (int i = 1; i < argc; ++i) {
    const std::string_view argument = argv[i];
    constexpr std::string_view kIsa = "--isa=";
    if (argument == "--quick") {
      settings.repetitions = 10;
    } else if (argument.substr(0, kIsa.size()) == kIsa) {
      const auto isa = kernels::parse_isa(argument.substr(kIsa.size()));
      if (!isa || *isa == kernels::Isa::kScalar)
        throw std::invalid_argument(std::string(argument) +
                                    ": expected avx2, avx512 or avx512_vnni");
      settings.isa = *isa;
    } else {
      settings.shapes = argument;
    }
  }
  return settings;
}

}  // namespace
}  // namespace filigree::bench

int main(int argc, char** argv) {
  try {
    filigree::bench::print_all(filigree::bench::read_settings(argc, argv));
  } catch (const std::exception& error) {
    std::fprintf(stderr, "peak_ratio: %s\n", error.what());
    return EXIT_FAILURE;
  }
  return EXIT_SUCCESS;
}
