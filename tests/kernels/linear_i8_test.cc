// int8 linear layers of every format on every instruction set, against 64-bit integer sums. Every
// result is exact up to the one stated order of float operations, so comparisons are of bits.
#include <gtest/gtest.h>

#include <cmath>

#include "kernels/internal/math_scalar.h"
#include "tests/kernels/linear_support.h"

namespace filigree::kernels::testing {
namespace {

constexpr WeightFormat kFormats[] = {WeightFormat::kDenseI8, WeightFormat::kGroupsI8,
                                     WeightFormat::kUnstructuredI8};
constexpr double kDensities[] = {0.0, 0.02, 0.1, 0.5, 1.0};

// Edges of quads and tiles (4), row blocks (96 and 384) and chunks of inputs (448, 768).
constexpr Shape kShapes[] = {{1, 1},    {3, 3},     {4, 4},    {5, 5},     {95, 447},
                             {96, 448}, {97, 449},  {383, 20}, {384, 895}, {385, 896},
                             {7, 897},  {10, 3072}, {9, 768},  {6, 769}};

// The layer by definition, in the order of kernels/linear.h.
std::vector<float> reference(const std::vector<std::int16_t>& weights, const I8Case& c) {
  std::vector<float> out;
  for (std::size_t n = 0; n < c.shape.rows; ++n)
    for (std::size_t t = 0; t < c.tokens; ++t) {
      std::int64_t sum = c.offset[n];
      for (std::size_t k = 0; k < c.shape.cols; ++k)
        sum += std::int64_t{weights[n * c.shape.cols + k]} * c.input(k, t);
      float value = static_cast<float>(sum) * c.scale[n] + (c.with_bias ? c.bias[n] : 0.0F);
      if (c.activation == Activation::kGelu) value = gelu_scalar(value);
      value += c.with_residual != Residual::kNone ? c.residual[n * kPanelTokens + t] : 0.0F;
      if (c.quantization) {
        const float rounded = std::nearbyint(value / c.quantization->scale) +
                              static_cast<float>(c.quantization->zero_point);
        value = std::fmin(std::fmax(rounded, 0.0F), 255.0F);
      }
      out.push_back(value);
    }
  // Rows that pad the last quad of a quad panel hold the zero point.
  if (c.quantization)
    out.resize((c.shape.rows + 3) / 4 * 4 * c.tokens,
               static_cast<float>(c.quantization->zero_point));
  return out;
}

void expect_reference(const std::vector<std::int16_t>& weights, const I8Case& c, double density) {
  const std::vector<float> want = reference(weights, c);
  for (const WeightFormat format : kFormats) {
    const PackedWeights packed = pack_i8(format, weights, c.shape.rows, c.shape.cols);
    for (const KernelTable& table : tested_tables()) {
      SCOPED_TRACE(describe(table, format, c.shape, density, c.tokens));
      const std::vector<float> got = run(table, packed, c);
      ASSERT_EQ(got.size(), want.size());
      const std::size_t i = first_difference(got, want);
      ASSERT_EQ(i, want.size()) << "row " << i / c.tokens << " token " << i % c.tokens << " got "
                                << got[i] << " want " << want[i];
    }
  }
}

TEST(LinearI8, IsExactInEveryFormatAndIsa) {
  std::uint32_t seed = 1;
  for (const Shape shape : kShapes)
    for (const double density : kDensities) {
      SCOPED_TRACE("seed " + std::to_string(seed));
      Random random(seed++);
      I8Case c(random, shape, 1 + random.below(kPanelTokens));

      c.activation = random.below(2) == 0 ? Activation::kGelu : Activation::kNone;
      c.with_bias = random.below(2) == 0;
      c.with_residual = static_cast<Residual>(random.below(3));
      if (c.with_residual != Residual::kInPlace && random.below(2) == 0)
        c.quantization = Quantization{0.03F, 121};
      expect_reference(random_i8(random, shape, density, 127), c, density);
    }
}

TEST(LinearI8, IsExactForEveryWeightThatAnEightBitZeroPointAllows) {
  constexpr Shape kShape{21, 460};
  for (const int limit : {128, 200, 255}) {
    Random random(static_cast<std::uint32_t>(limit));
    I8Case c(random, kShape, 19);
    for (std::uint8_t& value : c.x.span())
      if (value > 100) value = 255;
    for (const double density : {0.2, 1.0})
      expect_reference(random_i8(random, kShape, density, limit), c, density);
  }
}

// Two neighbours of one sign and magnitude are what vpmaddubsw saturates on.
TEST(LinearI8, IsExactForExtremeNeighbours) {
  constexpr std::int16_t kExtremes[] = {-255, -129, -128, -127, -65, -64, -1,
                                        0,    1,    64,   65,   127, 128, 255};
  std::vector<std::int16_t> weights;
  for (const std::int16_t a : kExtremes)
    for (const std::int16_t b : kExtremes) weights.insert(weights.end(), {a, b, b, a});
  const Shape shape{std::size(kExtremes), 4 * std::size(kExtremes)};
  Random random(5);
  I8Case c(random, shape, 9);
  for (std::uint8_t& value : c.x.span()) value = 255;
  expect_reference(weights, c, 1.0);
}

// Row r has r nonzeros, the extremes of s8 and beyond, at both ends of the inputs.
TEST(LinearI8, IsExactForRowsOfFewNonzeros) {
  constexpr std::int16_t kValues[] = {-128, 127, -255, 1, 255};
  const Shape shape{11, 1537};
  std::vector<std::int16_t> weights(shape.rows * shape.cols);
  for (std::size_t row = 0; row < shape.rows; ++row)
    for (std::size_t i = 0; i < row; ++i) {
      const std::size_t col = i % 2 == 0 ? i * 97 : shape.cols - i * 131;
      weights[row * shape.cols + col] = kValues[(row + i) % std::size(kValues)];
    }
  Random random(9);
  for (const std::size_t tokens : {5, 20, 40, 64}) {
    I8Case c(random, shape, tokens);
    for (std::size_t i = 0; i < c.x.span().size(); i += 3) c.x.span()[i] = 255;
    c.quantization = Quantization{0.05F, 200};
    expect_reference(weights, c, 0.003);
  }
}

TEST(LinearI8, ComputesEveryNumberOfTokens) {
  constexpr Shape kShape{18, 500};
  for (std::size_t tokens = 1; tokens <= kPanelTokens; ++tokens) {
    Random random(static_cast<std::uint32_t>(tokens));
    I8Case c(random, kShape, tokens);
    c.quantization = Quantization{0.02F, 3};
    expect_reference(random_i8(random, kShape, 0.3, 127), c, 0.3);
  }
}

}  // namespace
}  // namespace filigree::kernels::testing
