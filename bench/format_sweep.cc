// Every fp32 format over densities and patterns, interleaved, and how far the format that the cost
// model chooses is from the fastest.
//   format_sweep [--isa=NAME] [rows cols]
// A line per pattern and fraction of zeros: microseconds of each format for 128 tokens (minimum of
// the repetitions), the choice, and its time over the best one's.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <limits>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "kernels/aligned_buffer.h"
#include "kernels/isa.h"
#include "kernels/kernel_table.h"
#include "kernels/packed_weights.h"

namespace filigree::bench {
namespace {

using kernels::AlignedBuffer;
using kernels::kPanelTokens;
using kernels::PackedWeights;
using kernels::WeightFormat;

constexpr std::size_t kPanels = 2;
constexpr int kRepetitions = 40;

struct Settings {
  kernels::Isa isa = kernels::supported_tables().back().isa;
  std::size_t rows = 768;
  std::size_t cols = 768;
};

std::vector<float> random_weights(const Settings& settings, kernels::EntryShape block,
                                  double zeros) {
  std::mt19937 random(1);
  std::bernoulli_distribution keep(1.0 - zeros);
  std::vector<float> weights(settings.rows * settings.cols);
  for (std::size_t row = 0; row < settings.rows; row += block.rows)
    for (std::size_t col = 0; col < settings.cols; col += block.cols) {
      const float value = keep(random) ? 0.5F : 0.0F;
      for (std::size_t r = row; r < std::min(row + block.rows, settings.rows); ++r)
        for (std::size_t c = col; c < std::min(col + block.cols, settings.cols); ++c)
          weights[r * settings.cols + c] = value;
    }
  return weights;
}

double seconds(const kernels::KernelTable& table, const PackedWeights& packed, const float* x,
               float* y) {
  const auto start = std::chrono::steady_clock::now();
  for (std::size_t panel = 0; panel < kPanels; ++panel)
    kernels::linear_f32(table,
                        packed.format())({.weights = packed.view(),
                                          .first_block = 0,
                                          .last_block = packed.view().row_blocks,
                                          .tokens = kPanelTokens,
                                          .x = x + panel * kernels::panel_floats(packed.cols()),
                                          .bias = nullptr,
                                          .activation = kernels::Activation::kNone,
                                          .residual = nullptr,
                                          .y = y + panel * kernels::panel_floats(packed.rows())});
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

void print_line(const Settings& settings, kernels::EntryShape block, double zeros) {
  const kernels::KernelTable& table = kernels::table_for(settings.isa);
  const auto weights = random_weights(settings, block, zeros);
  AlignedBuffer x(kPanels * kernels::panel_floats(settings.cols) * sizeof(float));
  AlignedBuffer y(kPanels * kernels::panel_floats(settings.rows) * sizeof(float));
  std::fill_n(x.as<float>(), x.size() / sizeof(float), 0.25F);
  std::vector<PackedWeights> packed;
  for (const WeightFormat format : {WeightFormat::kDenseF32, WeightFormat::kUnstructuredF32,
                                    WeightFormat::kBlock1x4F32, WeightFormat::kBlock4x1F32})
    packed.push_back(kernels::pack_f32(format, weights, settings.rows, settings.cols));
  std::vector<double> best(packed.size(), std::numeric_limits<double>::infinity());
  for (int i = 0; i < kRepetitions; ++i)
    for (std::size_t f = 0; f < packed.size(); ++f)
      best[f] = std::min(best[f], seconds(table, packed[f], x.as<float>(), y.as<float>()));
  const WeightFormat choice = kernels::choose_f32_format(
      kernels::pattern_f32(weights, settings.rows, settings.cols), settings.isa);
  std::printf("%zux%zu blocks, %.2f zeros:", block.rows, block.cols, zeros);
  double chosen = 0;
  for (std::size_t f = 0; f < packed.size(); ++f) {
    std::printf("  %s %.1f", kernels::format_name(packed[f].format()), best[f] * 1e6);
    if (packed[f].format() == choice) chosen = best[f];
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
    } else {
      sizes.push_back(std::stoul(std::string(argument)));
    }
  }
  if (!sizes.empty() && (sizes.size() != 2 || sizes[0] == 0 || sizes[1] == 0 || sizes[1] % 4 != 0))
    throw std::invalid_argument("expected rows and cols, cols a multiple of 4");
  if (!sizes.empty()) settings.rows = sizes[0], settings.cols = sizes[1];
  return settings;
}

void print_all(const Settings& settings) {
  for (const kernels::EntryShape block :
       {kernels::EntryShape{1, 1}, kernels::EntryShape{1, 4}, kernels::EntryShape{4, 1}})
    for (const double zeros : {0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99})
      print_line(settings, block, zeros);
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
