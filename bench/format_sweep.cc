// Every format of an element type over densities and patterns, interleaved, and how far the format
// that the cost model chooses is from the fastest.
//   format_sweep [--isa=NAME] [--int8 [--uniform]] [rows cols]
// --uniform: int8 weights of all values alike instead of a normal distribution.
// A line per pattern and fraction of zeros: microseconds of each format for 128 tokens (minimum of
// the repetitions), the choice, and its time over the best one's.
#include <algorithm>
#include <charconv>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <limits>
#include <memory>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "bench/linear_layer.h"
#include "kernels/isa.h"
#include "kernels/kernel_table.h"
#include "kernels/packed_weights.h"

namespace filigree::bench {
namespace {

using kernels::WeightFormat;

constexpr std::size_t kTokens = 128;
constexpr int kRepetitions = 40;

struct Settings {
  kernels::Isa isa = kernels::supported_tables().back().isa;
  std::size_t rows = 768;
  std::size_t cols = 768;
  bool int8 = false;
  Int8Weights int8_weights = Int8Weights::kNormal;
};

LayerOptions layer_options(const Settings& settings, WeightFormat format, kernels::EntryShape block,
                           double zeros) {
  return {.shape = {settings.rows, settings.cols},
          .format = format,
          .sparsity = zeros,
          .block_cols = block.cols,
          .tokens = kTokens,
          .block_rows = block.rows,
          .int8_weights = settings.int8_weights};
}

double seconds(LinearLayer& layer, const kernels::KernelTable& table) {
  const auto start = std::chrono::steady_clock::now();
  layer.run(table);
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

// The same weights in every format that there is a fast kernel for.
void sweep(const Settings& settings, kernels::EntryShape block, double zeros) {
  const kernels::KernelTable& table = kernels::table_for(settings.isa);
  const WeightFormat dense = settings.int8 ? WeightFormat::kDenseI8 : WeightFormat::kDenseF32;
  const auto options = [&](WeightFormat format) {
    return layer_options(settings, format, block, zeros);
  };
  const auto of_dense = make_layer(options(dense));
  std::vector<std::unique_ptr<LinearLayer>> layers;
  for (const kernels::FormatCost& cost : of_dense->costs(settings.isa))
    if (!std::isinf(cost.cost)) layers.push_back(make_layer(options(cost.format)));
  std::vector<double> best(layers.size(), std::numeric_limits<double>::infinity());
  for (int i = 0; i < kRepetitions; ++i)
    for (std::size_t f = 0; f < layers.size(); ++f)
      best[f] = std::min(best[f], seconds(*layers[f], table));
  const WeightFormat choice = of_dense->choice(settings.isa);
  std::printf("%zux%zu blocks, %.2f zeros:", block.rows, block.cols, zeros);
  double chosen = 0;
  for (std::size_t f = 0; f < layers.size(); ++f) {
    const WeightFormat format = layers[f]->options().format;
    std::printf("  %s %.1f", kernels::format_name(format), best[f] * 1e6);
    if (format == choice) chosen = best[f];
  }
  std::printf("  chosen %s: %.3f of the best time\n", kernels::format_name(choice),
              chosen / *std::min_element(best.begin(), best.end()));
}

Settings parse(int argc, char** argv) {
  Settings settings;
  std::vector<std::size_t> sizes;
  for (int i = 1; i < argc; ++i) {
    const std::string_view argument = argv[i];
    constexpr std::string_view kIsa = "--isa=";
    if (argument.starts_with(kIsa)) {
      const auto isa = kernels::parse_isa(argument.substr(kIsa.size()));
      if (!isa) throw std::invalid_argument("unknown instruction set in " + std::string(argument));
      settings.isa = *isa;
    } else if (argument == "--int8") {
      settings.int8 = true;
    } else if (argument == "--uniform") {
      settings.int8_weights = Int8Weights::kUniform;
    } else {
      std::size_t size = 0;
      const char* const end = argument.data() + argument.size();
      const auto [stop, error] = std::from_chars(argument.data(), end, size);
      if (error != std::errc() || stop != end)
        throw std::invalid_argument("expected rows and cols, found '" + std::string(argument) +
                                    "'");
      sizes.push_back(size);
    }
  }
  if (!sizes.empty() && (sizes.size() != 2 || sizes[0] == 0 || sizes[1] == 0 || sizes[1] % 4 != 0))
    throw std::invalid_argument("expected rows and cols, cols a multiple of 4");
  if (!settings.int8 && settings.int8_weights == Int8Weights::kUniform)
    throw std::invalid_argument("--uniform needs --int8");
  if (!sizes.empty()) settings.rows = sizes[0], settings.cols = sizes[1];
  return settings;
}

void print_all(const Settings& settings) {
  for (const kernels::EntryShape block :
       {kernels::EntryShape{1, 1}, kernels::EntryShape{1, 4}, kernels::EntryShape{4, 1}})
    for (const double zeros : {0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.75, 0.8, 0.9, 0.95, 0.99})
      sweep(settings, block, zeros);
}

}  // namespace
}  // namespace filigree::bench

int main(int argc, char** argv) {
  try {
    filigree::bench::print_all(filigree::bench::parse(argc, argv));
  } catch (const std::exception& error) {
    std::fprintf(stderr, "format_sweep: %s\n", error.what());
    return EXIT_FAILURE;
  }
  return EXIT_SUCCESS;
}
