#include "kernels/layer_norm.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "tests/kernels/guarded_memory.h"
#include "tests/kernels/op_support.h"

namespace filigree::kernels::testing {
namespace {

constexpr std::size_t kWidths[] = {1, 2, 3, 8, 15, 64, 65, 384, 769};
constexpr float kEpsilon = 1e-12F;

struct Case {
  Case(std::size_t width_in, std::size_t tokens_in)
      : width(width_in),
        tokens(tokens_in),
        in(panel_floats(width_in)),
        gamma(width_in),
        beta(width_in) {
    Random random(static_cast<std::uint32_t>(width * 100 + tokens));
    random.fill(in.span(), -3, 5);
    random.fill(gamma.span(), -2, 2);
    random.fill(beta.span(), -2, 2);
    // What lies in lanes without a token may be anything.
    for (std::size_t f = 0; f < width; ++f)
      std::fill(in.data() + f * kPanelTokens + tokens, in.data() + (f + 1) * kPanelTokens, kNaN);
  }
  LayerNormArgs args(float* out) const {
    return {width, tokens, in.data(), gamma.data(), beta.data(), kEpsilon, out};
  }
  std::string describe(const KernelTable& table) const {
    return name_of(table) + ", width " + std::to_string(width) + ", tokens " +
           std::to_string(tokens);
  }

  std::size_t width;
  std::size_t tokens;
  GuardedMemory<float> in;
  GuardedMemory<float> gamma;
  GuardedMemory<float> beta;
};

void expect_matches_reference(const Case& test, std::size_t t, const float* out) {
  const double width = static_cast<double>(test.width);
  const auto value = [&](std::size_t f) {
    return static_cast<double>(test.in[f * kPanelTokens + t]);
  };
  double mean = 0, variance = 0, largest = 0;
  for (std::size_t f = 0; f < test.width; ++f) mean += value(f) / width;
  for (std::size_t f = 0; f < test.width; ++f) {
    variance += (value(f) - mean) * (value(f) - mean) / width;
    largest = std::max(largest, std::fabs(value(f)));
  }
  const double deviation = std::sqrt(variance + kEpsilon);
  // A sum of n floats is off by at most n units of the sum of magnitudes; the mean moves d and, in
  // second order, the variance, whose own sum is off by n units.
  const double mean_error = (width + 1) * kUnit * largest;
  const double relative = (width + 8) * kUnit + mean_error * mean_error / (variance + kEpsilon);
  for (std::size_t f = 0; f < test.width; ++f) {
    const double scaled = (value(f) - mean) / deviation * test.gamma[f];
    const double expected = scaled + test.beta[f];
    const double tolerance = std::fabs(scaled) * relative +
                             std::fabs(test.gamma[f]) * mean_error / deviation +
                             2 * kUnit * (std::fabs(scaled) + std::fabs(test.beta[f]));
    ASSERT_NEAR(out[f * kPanelTokens + t], expected, tolerance)
        << "feature " << f << ", token " << t;
  }
}

TEST(LayerNorm, MatchesReferenceOnEveryIsa) {
  for (const KernelTable& table : tested_tables())
    for (const std::size_t width : kWidths)
      for (const std::size_t tokens : kTokenEdges) {
        // One feature has no variance: its reference would be 0 / 1e-6.
        if (width == 1) continue;
        const Case test(width, tokens);
        SCOPED_TRACE(test.describe(table));
        GuardedMemory<float> out(panel_floats(width));
        table.layer_norm(test.args(out.data()));
        for (std::size_t t = 0; t < tokens; ++t) expect_matches_reference(test, t, out.data());
      }
}

TEST(LayerNorm, GivesTheSameBitsOnEveryIsaAndInPlace) {
  for (const std::size_t width : kWidths)
    for (const std::size_t tokens : kTokenEdges) {
      const Case test(width, tokens);
      GuardedMemory<float> expected(panel_floats(width));
      supported_tables().front().layer_norm(test.args(expected.data()));
      for (const KernelTable& table : tested_tables()) {
        SCOPED_TRACE(test.describe(table));
        GuardedMemory<float> in_place(panel_floats(width));
        std::copy(test.in.span().begin(), test.in.span().end(), in_place.data());
        LayerNormArgs args = test.args(in_place.data());
        args.in = in_place.data();
        table.layer_norm(args);
        for (std::size_t f = 0; f < width; ++f)
          for (std::size_t t = 0; t < tokens; ++t)
            ASSERT_EQ(bits(in_place[f * kPanelTokens + t]), bits(expected[f * kPanelTokens + t]))
                << "feature " << f << ", token " << t;
      }
    }
}

TEST(LayerNorm, OfEqualFeaturesIsBeta) {
  for (const KernelTable& table : tested_tables()) {
    const Case test(8, 3);
    std::fill(test.in.span().begin(), test.in.span().end(), 2.5F);
    GuardedMemory<float> out(panel_floats(8));
    table.layer_norm(test.args(out.data()));
    for (std::size_t f = 0; f < 8; ++f) EXPECT_EQ(out[f * kPanelTokens + 2], test.beta[f]);
  }
}

}  // namespace
}  // namespace filigree::kernels::testing
