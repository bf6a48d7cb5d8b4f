// fp32 linear layers of every format on every instruction set, against sums in double precision,
// and bit for bit against each other.
#include <gtest/gtest.h>

#include <cmath>

#include "tests/kernels/linear_support.h"

namespace filigree::kernels::testing {
namespace {

constexpr double kDensities[] = {0.0, 0.02, 0.1, 0.5, 1.0};

// Edges of tiles (6), blocks of 4 rows or inputs, dense row blocks (96), sparse row blocks (384),
// and chunks of inputs of a 32 KB and a 48 KB L1 (88, 108, 128, 160, 172, 192), or of 4x1 blocks
// (816). The last has so many inputs that kernels fetch the next chunk of them ahead.
constexpr Shape kShapes[] = {{1, 1},     {5, 7},    {6, 87},   {7, 88},    {3, 108},  {95, 109},
                             {96, 223},  {97, 128}, {9, 132},  {191, 225}, {383, 10}, {384, 33},
                             {385, 164}, {386, 4},  {13, 768}, {7, 816},   {5, 820},  {12, 1100}};

double gelu(double x) { return 0.5 * x * (1.0 + std::erf(x / std::sqrt(2.0))); }

struct Expected {
  double value;
  double tolerance;
};

// k fma of rounding error u each, the bias and the residual: u * (k + 2) * sum of magnitudes. GELU
// has a slope of at most 1.13 and an error of its own of 2^-22 max(1, |x|).
Expected expected_output(const std::vector<float>& weights, const F32Case& c, std::size_t n,
                         std::size_t t) {
  double sum = 0.0;
  double magnitude = 0.0;
  for (std::size_t k = 0; k < c.shape.cols; ++k) {
    const double product =
        static_cast<double>(weights[n * c.shape.cols + k]) * c.x[k * kPanelTokens + t];
    sum += product;
    magnitude += std::abs(product);
  }
  if (c.with_bias) sum += c.bias[n];
  magnitude += std::abs(c.with_bias ? c.bias[n] : 0.0F);
  const double residual =
      c.with_residual != Residual::kNone ? c.residual[n * kPanelTokens + t] : 0.0;
  double tolerance =
      kUnit * static_cast<double>(c.shape.cols + 2) * (magnitude + std::abs(residual));
  if (c.activation == Activation::kGelu)
    tolerance = 1.13 * tolerance + 0x1p-22 * std::max(1.0, std::abs(sum));
  return {(c.activation == Activation::kGelu ? gelu(sum) : sum) + residual, tolerance};
}

// Every format on every instruction set.
void expect_reference(const std::vector<float>& weights, const F32Case& c, double density) {
  std::vector<Expected> want;
  for (std::size_t n = 0; n < c.shape.rows; ++n)
    for (std::size_t t = 0; t < c.tokens; ++t) want.push_back(expected_output(weights, c, n, t));
  for (const WeightFormat format : f32_formats(c.shape.cols)) {
    const PackedWeights packed = pack_f32(format, weights, c.shape.rows, c.shape.cols);
    for (const KernelTable& table : tested_tables()) {
      SCOPED_TRACE(describe(table, format, c.shape, density, c.tokens));
      const std::vector<float> got = run(table, packed, c);
      ASSERT_EQ(got.size(), want.size());
      for (std::size_t i = 0; i < got.size(); ++i)
        ASSERT_NEAR(got[i], want[i].value, want[i].tolerance)
            << "row " << i / c.tokens << " token " << i % c.tokens;
    }
  }
}

void expect_same_bits(const std::vector<float>& got, const std::vector<float>& want) {
  ASSERT_EQ(got.size(), want.size());
  const std::size_t i = first_difference(got, want);
  ASSERT_EQ(i, got.size()) << "got " << got[i] << " want " << want[i];
}

TEST(LinearF32, MatchesDoublePrecisionInEveryFormatAndIsa) {
  std::uint32_t seed = 1;
  for (const Shape shape : kShapes)
    for (const double density : kDensities) {
      Random random(seed++);
      const std::vector<float> weights = random_f32(random, shape, density);
      const F32Case c(random, shape, 1 + random.below(kPanelTokens));
      SCOPED_TRACE("seed " + std::to_string(seed - 1));
      expect_reference(weights, c, density);
    }
}

TEST(LinearF32, GivesTheSameBitsInEveryFormatAndIsa) {
  std::uint32_t seed = 1000;
  for (const Shape shape : kShapes)
    for (const double density : kDensities) {
      Random random(seed++);
      const std::vector<float> weights = random_f32(random, shape, density);
      F32Case c(random, shape, 1 + random.below(kPanelTokens));
      c.activation = random.below(2) == 0 ? Activation::kGelu : Activation::kNone;
      c.with_bias = random.below(2) == 0;
      c.with_residual = static_cast<Residual>(random.below(3));
      const PackedWeights dense =
          pack_f32(WeightFormat::kDenseF32, weights, shape.rows, shape.cols);
      const std::vector<float> want = run(supported_tables().front(), dense, c);
      for (const WeightFormat format : f32_formats(shape.cols)) {
        const PackedWeights packed = pack_f32(format, weights, shape.rows, shape.cols);
        for (const KernelTable& table : tested_tables()) {
          SCOPED_TRACE(describe(table, format, shape, density, c.tokens) + " seed " +
                       std::to_string(seed - 1));
          expect_same_bits(run(table, packed, c), want);
        }
      }
    }
}

// With so many inputs two row blocks pass over a chunk before the next one: here two, then one that
// ends inside of a 4x1 block.
TEST(LinearF32, GivesTheSameBitsForSeveralRowBlocksInACall) {
  constexpr Shape kShape{774, 1100};
  constexpr double kDensity = 0.02;
  Random random(5);
  const std::vector<float> weights = random_f32(random, kShape, kDensity);
  F32Case c(random, kShape, 18);
  for (const WeightFormat format : f32_formats(kShape.cols)) {
    const PackedWeights packed = pack_f32(format, weights, kShape.rows, kShape.cols);
    for (const Residual residual : {Residual::kNone, Residual::kInPlace}) {
      c.with_residual = residual;
      const std::vector<float> want = run(supported_tables().front(), packed, c);
      for (const KernelTable& table : tested_tables())
        for (const std::size_t blocks : {std::size_t{2}, packed.view().row_blocks}) {
          SCOPED_TRACE(describe(table, format, kShape, kDensity, c.tokens));
          expect_same_bits(run(table, packed, c, blocks), want);
        }
    }
  }
}

TEST(LinearF32, ComputesEveryNumberOfTokens) {
  constexpr Shape kShape{20, 130};
  for (std::size_t tokens = 1; tokens <= kPanelTokens; ++tokens) {
    Random random(static_cast<std::uint32_t>(tokens));
    const std::vector<float> weights = random_f32(random, kShape, 0.2);
    F32Case c(random, kShape, tokens);
    c.activation = Activation::kGelu;
    expect_reference(weights, c, 0.2);
  }
}

TEST(LinearF32, AddsBiasAndResidualOnlyWhenGiven) {
  constexpr Shape kShape{9, 40};
  Random random(7);
  const std::vector<float> weights = random_f32(random, kShape, 0.3);
  F32Case c(random, kShape, 11);
  for (const bool with_bias : {false, true})
    for (const Residual residual : {Residual::kNone, Residual::kGiven, Residual::kInPlace})
      for (const Activation activation : {Activation::kNone, Activation::kGelu}) {
        c.with_bias = with_bias;
        c.with_residual = residual;
        c.activation = activation;
        expect_reference(weights, c, 0.3);
      }
}

// A product that underflows to -0 leaves a sum of -0, which multiplying by a zero weight turns into
// +0.
TEST(LinearF32, HidesTheSignOfZeroSumsWhateverTheBias) {
  constexpr Shape kShape{1, 2};
  Random random(3);
  F32Case c(random, kShape, 3);
  for (float& value : c.x.span()) value = 0x1p-100F;
  c.bias[0] = -0.0F;
  const std::vector<float> weights{-0x1p-100F, 0.0F};
  for (const Residual residual : {Residual::kNone, Residual::kGiven, Residual::kInPlace}) {
    c.with_residual = residual;
    const auto want =
        run(supported_tables().front(), pack_f32(WeightFormat::kDenseF32, weights, 1, 2), c);
    for (const WeightFormat format : f32_formats(kShape.cols))
      for (const KernelTable& table : tested_tables()) {
        SCOPED_TRACE(describe(table, format, kShape, 0.5, c.tokens));
        expect_same_bits(run(table, pack_f32(format, weights, 1, 2), c), want);
      }
  }
}

}  // namespace
}  // namespace filigree::kernels::testing
