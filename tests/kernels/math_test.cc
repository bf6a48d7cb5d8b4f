// Sweeps of the scalar exp and GELU against double precision; that SIMD gives the same bits is
// tested through the tables (softmax_test.cc, gelu_test.cc).
#include <gtest/gtest.h>

#include <cmath>

#include "kernels/internal/math_scalar.h"
#include "tests/kernels/op_support.h"

namespace filigree::kernels {
namespace {

using testing::bits;

// Every 499th float: a stride that is prime visits all kinds of low bits in every binade.
constexpr std::uint32_t kStride = 499;

TEST(Exp, IsWithinTwoUlpOnItsRange) {
  double worst = 0;
  for (std::uint32_t i = bits(-0.0F); i <= bits(kExpCutoff); i += kStride) {
    const float x = std::bit_cast<float>(i);
    ASSERT_TRUE(std::isnormal(exp_scalar(x))) << x;
    const double expected = std::exp(static_cast<double>(x));
    const double ulp = std::ldexp(1.0, std::ilogb(expected) - 23);
    worst = std::max(worst, std::fabs(exp_scalar(x) - expected) / ulp);
  }
  EXPECT_LE(worst, 2.0);
}

TEST(Exp, IsOneAtZeroAndZeroBelowItsRange) {
  EXPECT_EQ(bits(exp_scalar(0.0F)), bits(1.0F));
  EXPECT_EQ(bits(exp_scalar(-0.0F)), bits(1.0F));
  for (const float x : {-87.34F, -88.0F, -104.0F, -1e30F, -testing::kInfinity})
    EXPECT_EQ(bits(exp_scalar(x)), bits(0.0F)) << x;
}

TEST(Gelu, IsWithinItsBoundOfTheErrorFunction) {
  double worst = 0;
  for (std::uint32_t sign : {0U, 0x80000000U})
    for (std::uint32_t i = 0; i <= bits(1e20F); i += kStride) {
      const float x = std::bit_cast<float>(sign | i);
      const double expected = 0.5 * x * std::erfc(-static_cast<double>(x) / std::sqrt(2.0));
      const double bound = 0x1p-22 * std::max(1.0, std::fabs(static_cast<double>(x)));
      worst = std::max(worst, std::fabs(gelu_scalar(x) - expected) / bound);
    }
  EXPECT_LE(worst, 1.0);
}

TEST(Gelu, IsTheIdentityFarAboveZeroAndZeroFarBelow) {
  for (const float x : {5.2F, 5.3F, 5.5F, 10.0F, 12345.678F, 1e30F}) {
    EXPECT_EQ(gelu_scalar(x), x);
    EXPECT_EQ(gelu_scalar(-x), 0.0F) << -x;
  }
}

}  // namespace
}  // namespace filigree::kernels
