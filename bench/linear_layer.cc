#include "bench/linear_layer.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <random>
#include <sstream>
#include <stdexcept>

#include "kernels/aligned_buffer.h"

namespace filigree::bench {
namespace {

using kernels::AlignedBuffer;
using kernels::kPanelTokens;
using kernels::WeightFormat;

constexpr std::uint32_t kSeed = 1;

// 1 where the weight is kept; zeros come in blocks of `block_rows` outputs and `block_cols` inputs.
std::vector<char> random_mask(const LayerOptions& options, std::mt19937& random) {
  const auto [rows, cols] = options.shape;
  std::vector<char> mask(rows * cols);
  std::bernoulli_distribution keep(1.0 - options.sparsity);
  for (std::size_t row = 0; row < rows; ++row)
    for (std::size_t col = 0; col < cols; ++col) {
      const std::size_t first_row = row / options.block_rows * options.block_rows;
      const std::size_t first_col = col / options.block_cols * options.block_cols;
      const bool begins = row == first_row && col == first_col;
      mask[row * cols + col] = begins ? (keep(random) ? 1 : 0) : mask[first_row * cols + first_col];
    }
  return mask;
}

void fail(const LayerOptions& options, std::size_t row, std::size_t token, double got,
          double want) {
  throw std::runtime_error(describe(options) + ": row " + std::to_string(row) + " token " +
                           std::to_string(token) + " is " + std::to_string(got) + ", expected " +
                           std::to_string(want));
}

class F32Layer final : public LinearLayer {
 public:
  explicit F32Layer(const LayerOptions& options)
      : LinearLayer(options),
        x_(panels() * kernels::panel_floats(options.shape.cols) * sizeof(float), &memory()),
        y_(panels() * kernels::panel_floats(options.shape.rows) * sizeof(float), &memory()) {
    std::mt19937 random(kSeed);
    std::uniform_real_distribution<float> uniform(0.5F, 1.0F);
    for (const char kept : random_mask(options, random))
      weights_.push_back(kept != 0 ? uniform(random) : 0.0F);
    for (std::size_t row = 0; row < options.shape.rows; ++row) bias_.push_back(uniform(random));
    for (std::size_t i = 0; i < x_.size() / sizeof(float); ++i) x_.as<float>()[i] = uniform(random);
    packed_ = kernels::pack_f32(options.format, weights_, options.shape.rows, options.shape.cols,
                                {.memory = &memory()});
  }

  void run(const kernels::KernelTable& table) override {
    const Shape shape = options().shape;
    for (std::size_t panel = 0; panel < panels(); ++panel)
      kernels::linear_f32(table, options().format)(
          {.weights = packed_.view(),
           .first_block = 0,
           .last_block = packed_.view().row_blocks,
           .tokens = tokens_of_panel(panel),
           .x = x_.as<float>() + panel * kernels::panel_floats(shape.cols),
           .bias = bias_.data(),
           .activation = kernels::Activation::kNone,
           .residual = nullptr,
           .y = y_.as<float>() + panel * kernels::panel_floats(shape.rows)});
  }

  void check(const kernels::KernelTable& table) override {
    run(table);
    const Shape shape = options().shape;
    for (std::size_t token = 0; token < options().tokens; ++token) {
      const std::size_t panel = token / panel_width();
      const float* x = x_.as<float>() + panel * kernels::panel_floats(shape.cols);
      const float* y = y_.as<float>() + panel * kernels::panel_floats(shape.rows);
      const std::size_t row = token * 31 % shape.rows;
      double want = bias_[row];
      for (std::size_t k = 0; k < shape.cols; ++k)
        want += static_cast<double>(weights_[row * shape.cols + k]) *
                x[k * kPanelTokens + token % panel_width()];
      const double got = y[row * kPanelTokens + token % panel_width()];
      // All products are positive: a rounding each, relative to the sum.
      if (!(std::abs(got - want) <= 0x1p-24 * static_cast<double>(shape.cols + 2) * want))
        fail(options(), row, token, got, want);
    }
  }

  std::vector<kernels::FormatCost> costs(kernels::Isa isa) const override {
    const auto costs = kernels::f32_format_costs(pattern(), isa);
    return {costs.begin(), costs.end()};
  }

  WeightFormat choice(kernels::Isa isa) const override {
    return kernels::choose_f32_format(pattern(), isa);
  }

  double executed_flop() const override {
    return 2.0 * static_cast<double>(packed_.nonzeros()) * static_cast<double>(options().tokens);
  }

 private:
  kernels::F32Pattern pattern() const {
    return kernels::pattern_f32(weights_, options().shape.rows, options().shape.cols);
  }

  std::vector<float> weights_;
  std::vector<float> bias_;
  kernels::PackedWeights packed_;
  AlignedBuffer x_;
  AlignedBuffer y_;
};

// u8 in, u8 out, as between the layers of a quantised encoder.
class I8Layer final : public LinearLayer {
 public:
  explicit I8Layer(const LayerOptions& options)
      : LinearLayer(options),
        x_(panels() * kernels::quad_panel_bytes(options.shape.cols), &memory()),
        y_(panels() * kernels::quad_panel_bytes(options.shape.rows), &memory()),
        offset_(options.shape.rows),
        scale_(options.shape.rows, 1.0F) {
    std::mt19937 random(kSeed);
    std::normal_distribution<float> normal(0.0F, 30.0F);
    std::uniform_real_distribution<float> uniform(-127.0F, 127.0F);
    for (const char kept : random_mask(options, random)) {
      const float value = options.int8_weights == Int8Weights::kUniform
                              ? uniform(random)
                              : std::clamp(normal(random), -127.0F, 127.0F);
      weights_.push_back(static_cast<std::int16_t>(
          kept == 0 ? 0 : std::copysign(std::max(1.0F, std::round(std::abs(value))), value)));
    }
    for (std::size_t i = 0; i < x_.size(); ++i)
      x_.as<std::uint8_t>()[i] = static_cast<std::uint8_t>(random() >> 24);
    packed_ = kernels::pack_i8(options.format, weights_, options.shape.rows, options.shape.cols,
                               {.memory = &memory()});
    scratch_ = AlignedBuffer(kernels::i8_scratch_elements(packed_.view()) * sizeof(std::int32_t),
                             &memory());
  }

  void run(const kernels::KernelTable& table) override {
    const Shape shape = options().shape;
    for (std::size_t panel = 0; panel < panels(); ++panel)
      kernels::linear_i8(table, options().format)(
          {.weights = packed_.view(),
           .first_block = 0,
           .last_block = packed_.view().row_blocks,
           .tokens = tokens_of_panel(panel),
           .x = x_.as<std::uint8_t>() + panel * kernels::quad_panel_bytes(shape.cols),
           .offset = offset_.data(),
           .scale = scale_.data(),
           .bias = nullptr,
           .activation = kernels::Activation::kNone,
           .residual = nullptr,
           .y = nullptr,
           .y_u8 = y_.as<std::uint8_t>() + panel * kernels::quad_panel_bytes(shape.rows),
           .y_quantization = kQuantization,
           .scratch = scratch_.as<std::int32_t>()});
  }

  void check(const kernels::KernelTable& table) override {
    run(table);
    const Shape shape = options().shape;
    for (std::size_t token = 0; token < options().tokens; ++token) {
      const std::size_t panel = token / panel_width();
      const std::size_t lane = token % panel_width();
      const auto at = [lane](std::size_t f) { return f / 4 * 4 * kPanelTokens + 4 * lane + f % 4; };
      const std::uint8_t* x = x_.as<std::uint8_t>() + panel * kernels::quad_panel_bytes(shape.cols);
      const std::uint8_t* y = y_.as<std::uint8_t>() + panel * kernels::quad_panel_bytes(shape.rows);
      const std::size_t row = token * 31 % shape.rows;
      std::int64_t sum = 0;
      for (std::size_t k = 0; k < shape.cols; ++k)
        sum += std::int64_t{weights_[row * shape.cols + k]} * x[at(k)];
      const double want = std::clamp(
          std::nearbyint(static_cast<double>(sum) / kQuantization.scale) + kQuantization.zero_point,
          0.0, 255.0);
      if (y[at(row)] != want) fail(options(), row, token, y[at(row)], want);
    }
  }

  std::vector<kernels::FormatCost> costs(kernels::Isa isa) const override {
    const auto costs = kernels::i8_format_costs(pattern(), isa);
    return {costs.begin(), costs.end()};
  }

  WeightFormat choice(kernels::Isa isa) const override {
    return kernels::choose_i8_format(pattern(), isa);
  }

  double executed_flop() const override {
    return 2.0 * static_cast<double>(packed_.nonzeros()) * static_cast<double>(options().tokens);
  }

 private:
  kernels::I8Pattern pattern() const {
    return kernels::pattern_i8(weights_, options().shape.rows, options().shape.cols);
  }

  static constexpr kernels::Quantization kQuantization{2048.0F, 128};

  std::vector<std::int16_t> weights_;
  kernels::PackedWeights packed_;
  AlignedBuffer x_;
  AlignedBuffer y_;
  std::vector<std::int32_t> offset_;
  std::vector<float> scale_;
  AlignedBuffer scratch_;
};

}  // namespace

std::vector<Shape> read_shapes(const std::string& path) {
  std::ifstream file(path);
  if (!file) throw std::runtime_error(path + ": cannot be opened");
  std::vector<Shape> shapes;
  std::string line;
  for (int number = 1; std::getline(file, line); ++number) {
    if (line.empty() || line[0] == '#') continue;
    Shape shape{};
    std::istringstream fields(line);
    if (!(fields >> shape.rows >> shape.cols) || shape.rows == 0 || shape.cols == 0)
      throw std::runtime_error(path + ":" + std::to_string(number) + ": '" + line +
                               "', expected two positive numbers: outputs inputs");
    shapes.push_back(shape);
  }
  return shapes;
}

double LinearLayer::dense_flop() const {
  return 2.0 * static_cast<double>(options_.shape.rows) * static_cast<double>(options_.shape.cols) *
         static_cast<double>(options_.tokens);
}

std::size_t LinearLayer::panels() const noexcept {
  return (options_.tokens + kPanelTokens - 1) / kPanelTokens;
}

std::size_t LinearLayer::panel_width() const noexcept {
  constexpr std::size_t kLanes = 16;
  return ((options_.tokens + panels() - 1) / panels() + kLanes - 1) / kLanes * kLanes;
}

std::size_t LinearLayer::tokens_of_panel(std::size_t panel) const noexcept {
  return std::min(panel_width(), options_.tokens - panel * panel_width());
}

std::unique_ptr<LinearLayer> make_layer(const LayerOptions& options) {
  if (kernels::is_float(options.format)) return std::make_unique<F32Layer>(options);
  return std::make_unique<I8Layer>(options);
}

std::string describe(const LayerOptions& options) {
  char text[160];
  std::snprintf(text, sizeof(text), "%s %zux%zu %.2f zeros (%zux%zu) %zu tokens",
                kernels::format_name(options.format), options.shape.rows, options.shape.cols,
                options.sparsity, options.block_rows, options.block_cols, options.tokens);
  return text;
}

}  // namespace filigree::bench
