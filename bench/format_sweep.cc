// Every format of an element type over densities and patterns, interleaved, and how far the format
// that the cost model chooses is from the fastest.
//   format_sweep [--isa=NAME] [--int8] [rows cols]
// A line per pattern and fraction of zeros: microseconds of each format for 128 tokens (minimum of
// the repetitions), the choice, and its time over the best one's.
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdint>
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
using kernels::PackedWeights;
using kernels::WeightFormat;

constexpr std::size_t kPanels = 2;
constexpr int kRepetitions = 40;

struct Settings {
  kernels::Isa isa = kernels::supported_tables().back().isa;
  std::size_t rows = 768;
  std::size_t cols = 768;
  bool int8 = false;
};

// 1 where the weight is kept; zeros come in whole blocks.
std::vector<char> random_mask(const Settings& settings, kernels::EntryShape block, double zeros) {
  std::mt19937 random(1);
  std::bernoulli_distribution keep(1.0 - zeros);
  std::vector<char> mask(settings.rows * settings.cols);
  for (std::size_t row = 0; row < settings.rows; row += block.rows)
    for (std::size_t col = 0; col < settings.cols; col += block.cols) {
      const char kept = keep(random) ? 1 : 0;
      for (std::size_t r = row; r < std::min(row + block.rows, settings.rows); ++r)
        for (std::size_t c = col; c < std::min(col + block.cols, settings.cols); ++c)
          mask[r * settings.cols + c] = kept;
    }
  return mask;
}

// One element type: the formats of a matrix, the one that is chosen, and a multiplication.
class Candidates {
 public:
  virtual ~Candidates() = default;
  const std::vector<PackedWeights>& packed() const { return packed_; }
  WeightFormat choice() const { return choice_; }
  virtual void multiply(const kernels::KernelTable& table, const PackedWeights& weights) = 0;

 protected:
  std::vector<PackedWeights> packed_;
  WeightFormat choice_{};
};

class F32Candidates final : public Candidates {
 public:
  F32Candidates(const Settings& settings, const std::vector<char>& mask)
      : x_(kPanels * kernels::panel_floats(settings.cols) * sizeof(float)),
        y_(kPanels * kernels::panel_floats(settings.rows) * sizeof(float)) {
    std::vector<float> weights;
    for (const char kept : mask) weights.push_back(kept != 0 ? 0.5F : 0.0F);
    std::fill_n(x_.as<float>(), x_.size() / sizeof(float), 0.25F);
    for (const WeightFormat format : {WeightFormat::kDenseF32, WeightFormat::kUnstructuredF32,
                                      WeightFormat::kBlock1x4F32, WeightFormat::kBlock4x1F32})
      packed_.push_back(kernels::pack_f32(format, weights, settings.rows, settings.cols));
    choice_ = kernels::choose_f32_format(
        kernels::pattern_f32(weights, settings.rows, settings.cols), settings.isa);
  }

  void multiply(const kernels::KernelTable& table, const PackedWeights& weights) override {
    for (std::size_t panel = 0; panel < kPanels; ++panel)
      kernels::linear_f32(table, weights.format())(
          {.weights = weights.view(),
           .first_block = 0,
           .last_block = weights.view().row_blocks,
           .tokens = kernels::kUsualPanelTokens,
           .x = x_.as<float>() + panel * kernels::panel_floats(weights.cols()),
           .bias = nullptr,
           .activation = kernels::Activation::kNone,
           .residual = nullptr,
           .y = y_.as<float>() + panel * kernels::panel_floats(weights.rows())});
  }

 private:
  AlignedBuffer x_;
  AlignedBuffer y_;
};

// u8 in, u8 out. Single weights only where they have a kernel of their own.
class I8Candidates final : public Candidates {
 public:
  I8Candidates(const Settings& settings, const std::vector<char>& mask)
      : x_(kPanels * kernels::quad_panel_bytes(settings.cols)),
        y_(kPanels * kernels::quad_panel_bytes(settings.rows)),
        offset_(settings.rows),
        scale_(settings.rows, 1.0F) {
    std::vector<std::int16_t> weights;
    for (const char kept : mask) weights.push_back(kept != 0 ? 50 : 0);
    std::fill_n(x_.as<std::uint8_t>(), x_.size(), std::uint8_t{100});
    const kernels::I8Pattern pattern = kernels::pattern_i8(weights, settings.rows, settings.cols);
    std::size_t scratch = 0;
    for (const kernels::FormatCost& cost : kernels::i8_format_costs(pattern, settings.isa)) {
      if (std::isinf(cost.cost)) continue;
      packed_.push_back(kernels::pack_i8(cost.format, weights, settings.rows, settings.cols));
      scratch = std::max(scratch, kernels::i8_scratch_elements(packed_.back().view()));
    }
    scratch_ = AlignedBuffer(scratch * sizeof(std::int32_t));
    choice_ = kernels::choose_i8_format(pattern, settings.isa);
  }

  void multiply(const kernels::KernelTable& table, const PackedWeights& weights) override {
    for (std::size_t panel = 0; panel < kPanels; ++panel)
      kernels::linear_i8(table, weights.format())(
          {.weights = weights.view(),
           .first_block = 0,
           .last_block = weights.view().row_blocks,
           .tokens = kernels::kUsualPanelTokens,
           .x = x_.as<std::uint8_t>() + panel * kernels::quad_panel_bytes(weights.cols()),
           .offset = offset_.data(),
           .scale = scale_.data(),
           .bias = nullptr,
           .activation = kernels::Activation::kNone,
           .residual = nullptr,
           .y = nullptr,
           .y_u8 = y_.as<std::uint8_t>() + panel * kernels::quad_panel_bytes(weights.rows()),
           .y_quantization = {2048.0F, 128},
           .scratch = scratch_.as<std::int32_t>()});
  }

 private:
  AlignedBuffer x_;
  AlignedBuffer y_;
  std::vector<std::int32_t> offset_;
  std::vector<float> scale_;
  AlignedBuffer scratch_;
};

double seconds(Candidates& candidates, const kernels::KernelTable& table,
               const PackedWeights& packed) {
  const auto start = std::chrono::steady_clock::now();
  candidates.multiply(table, packed);
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

void print_line(const Settings& settings, kernels::EntryShape block, double zeros,
                Candidates& candidates) {
  const kernels::KernelTable& table = kernels::table_for(settings.isa);
  const std::vector<PackedWeights>& packed = candidates.packed();
  std::vector<double> best(packed.size(), std::numeric_limits<double>::infinity());
  for (int i = 0; i < kRepetitions; ++i)
    for (std::size_t f = 0; f < packed.size(); ++f)
      best[f] = std::min(best[f], seconds(candidates, table, packed[f]));
  std::printf("%zux%zu blocks, %.2f zeros:", block.rows, block.cols, zeros);
  double chosen = 0;
  for (std::size_t f = 0; f < packed.size(); ++f) {
    std::printf("  %s %.1f", kernels::format_name(packed[f].format()), best[f] * 1e6);
    if (packed[f].format() == candidates.choice()) chosen = best[f];
  }
  std::printf("  chosen %s: %.3f of the best time\n", kernels::format_name(candidates.choice()),
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
    } else {
      sizes.push_back(std::stoul(std::string(argument)));
    }
  }
  if (!sizes.empty() && (sizes.size() != 2 || sizes[0] == 0 || sizes[1] == 0 || sizes[1] % 4 != 0))
    throw std::invalid_argument("expected rows and cols, cols a multiple of 4");
  if (!sizes.empty()) settings.rows = sizes[0], settings.cols = sizes[1];
  return settings;
}

void sweep(const Settings& settings, kernels::EntryShape block, double zeros) {
  const std::vector<char> mask = random_mask(settings, block, zeros);
  if (settings.int8) {
    I8Candidates candidates(settings, mask);
    print_line(settings, block, zeros, candidates);
  } else {
    F32Candidates candidates(settings, mask);
    print_line(settings, block, zeros, candidates);
  }
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
