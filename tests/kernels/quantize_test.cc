#include "kernels/quantize.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "tests/kernels/guarded_memory.h"
#include "tests/kernels/op_support.h"

namespace filigree::kernels::testing {
namespace {

// ONNX QuantizeLinear. Double division of floats, rounded to float, is the float division.
std::uint8_t reference(float x, Quantization quantization) {
  if (x != x) return 0;
  const float quotient = static_cast<float>(static_cast<double>(x) / quantization.scale);
  const double q = std::nearbyint(static_cast<double>(quotient)) + quantization.zero_point;
  return static_cast<std::uint8_t>(std::fmin(std::fmax(q, 0.0), 255.0));
}

std::size_t quad_index(std::size_t feature, std::size_t token) {
  return feature / 4 * 4 * kPanelTokens + 4 * token + feature % 4;
}

// Quantises `values` as the first lanes of a panel of `features` equal rows.
void expect_reference(const KernelTable& table, const std::vector<float>& values,
                      std::size_t features, Quantization quantization) {
  GuardedMemory<float> in(panel_floats(features));
  GuardedMemory<std::uint8_t> out(quad_panel_bytes(features));
  for (std::size_t i = 0; i < in.size(); ++i)
    in[i] = i % kPanelTokens < values.size() ? values[i % kPanelTokens] : kNaN;
  table.quantize({features, values.size(), in.data(), quantization, out.data()});
  for (std::size_t t = 0; t < values.size(); ++t) {
    for (std::size_t f = 0; f < features; ++f)
      ASSERT_EQ(out[quad_index(f, t)], reference(values[t], quantization))
          << name_of(table) << ", value " << values[t] << ", scale " << quantization.scale
          << ", zero point " << quantization.zero_point << ", feature " << f << " of " << features;
    for (std::size_t f = features; f % 4 != 0; ++f)
      ASSERT_EQ(out[quad_index(f, t)], quantization.zero_point) << "padding feature " << f;
  }
}

TEST(Quantize, MatchesQuantizeLinearAtEveryTokenAndFeatureEdge) {
  Random random(11);
  for (const KernelTable& table : tested_tables())
    for (const std::size_t features : {1, 2, 3, 4, 5, 7, 8, 9})
      for (const std::size_t tokens : kTokenEdges) {
        std::vector<float> values(tokens);
        random.fill(values, -20, 20);
        expect_reference(table, values, features, {0.1F, 128});
      }
}

TEST(Quantize, RoundsHalvesToEven) {
  std::vector<float> halves;
  for (int i = -32; i < 32; ++i) halves.push_back((static_cast<float>(i) + 0.5F) * 0.25F);
  for (const KernelTable& table : tested_tables())
    for (const std::int32_t zero_point : {0, 1, 127, 128, 255})
      expect_reference(table, halves, 1, {0.25F, zero_point});
}

TEST(Quantize, DividesInsteadOfMultiplyingByTheReciprocal) {
  // Quotients that are a half only when they are divided: x = fl((n + 1/2) * scale).
  for (const KernelTable& table : tested_tables())
    for (const float scale : {0.1F, 0.003921569F, 0.0470588F, 3.0F, 1e-30F, 1e30F}) {
      std::vector<float> values;
      for (int i = 0; i < 64; ++i) values.push_back((static_cast<float>(i * 4) + 0.5F) * scale);
      expect_reference(table, values, 1, {scale, 0});
    }
}

// Numbers whose quotient is a half, or one to four steps of float beside it, for many scales: where
// a quotient that is not rounded as a division rounds it shows.
TEST(Quantize, RoundsEveryQuotientNextToAHalfAsDivisionDoes) {
  Random random(13);
  for (int i = 0; i < 400; ++i) {
    const auto fraction = static_cast<std::uint32_t>(random.below(1 << 23));
    const auto exponent = static_cast<std::uint32_t>(1 + random.below(253));
    const float scale = std::bit_cast<float>(exponent << 23 | (i % 4 == 0 ? 0x7FFFFF : fraction));
    std::vector<float> values;
    for (int t = 0; t < 64; ++t) {
      const float half = (static_cast<float>(random.below(256)) - 127.5F) * scale;
      values.push_back(std::bit_cast<float>(bits(half) + static_cast<std::uint32_t>(t % 9 - 4)));
    }
    for (const KernelTable& table : tested_tables())
      expect_reference(table, values, 1, {scale, 128});
  }
}

TEST(Quantize, SaturatesAndTurnsNotANumberIntoZero) {
  const float largest = std::numeric_limits<float>::max();
  const float smallest = std::numeric_limits<float>::denorm_min();
  const std::vector<float> values = {
      kNaN,  -kNaN,  kInfinity, -kInfinity, largest, -largest, smallest, -smallest, 0.0F,
      -0.0F, 2.2e9F, -2.2e9F,   255.5F,     254.5F,  -0.5F,    -128.5F,  8388609.0F};
  for (const KernelTable& table : tested_tables())
    for (const float scale : {1.0F, 1e-20F, 1e20F, 1e-40F, 1e-45F, 3e38F})
      for (const std::int32_t zero_point : {0, 1, 128, 255})
        expect_reference(table, values, 5, {scale, zero_point});
}

}  // namespace
}  // namespace filigree::kernels::testing
