#include "loader/tensor.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

#include "loader/error.h"
#include "tests/loader/expect_error.h"

namespace filigree::loader {
namespace {

TEST(Tensor, SharesItsBytesWhenCopiedOrReshaped) {
  const Tensor tensor = Tensor::of<float>({2, 3}, std::vector<float>{1, 2, 3, 4, 5, 6});
  const Tensor flat = tensor.reshaped({6});
  EXPECT_EQ(flat.bytes().data(), tensor.bytes().data());
  EXPECT_EQ(flat.dims(), Dims{6});
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(tensor.bytes().data()) % 64, 0u);
}

TEST(Tensor, ScalarHasOneElementAndNoDimension) {
  const Tensor tensor = Tensor::scalar<std::int64_t>(7);
  EXPECT_EQ(tensor.dims(), Dims{});
  EXPECT_EQ(tensor.size(), 1u);
  EXPECT_EQ(tensor.data<std::int64_t>()[0], 7);
}

TEST(Tensor, WithoutElementsIsNotEmpty) {
  EXPECT_TRUE(Tensor().empty());
  EXPECT_FALSE(Tensor(DataType::kFloat, {0, 3}).empty());
  EXPECT_EQ(Tensor(DataType::kFloat, {0, 3}).size(), 0u);
}

// 1, 2, 3, ..., and how often they were asked for.
Tensor counted(int& fills) {
  return Tensor::deferred(DataType::kFloat, {2, 3}, [&fills](std::span<std::byte> out) {
    ++fills;
    const std::vector<float> values = {1, 2, 3, 4, 5, 6};
    std::ranges::copy(std::as_bytes(std::span(values)), out.begin());
  });
}

TEST(Tensor, DeferredBytesAreFilledOnceForAllCopies) {
  int fills = 0;
  const Tensor tensor = counted(fills);
  const Tensor flat = tensor.reshaped({6});
  EXPECT_FALSE(tensor.empty());
  EXPECT_EQ(tensor.byte_count(), 24U);
  EXPECT_EQ(fills, 0);
  EXPECT_EQ(flat.data<float>()[5], 6);
  EXPECT_EQ(tensor.bytes().data(), flat.bytes().data());
  EXPECT_EQ(fills, 1);
  EXPECT_EQ(tensor.unread().data<float>()[0], 1);
  EXPECT_EQ(fills, 2);
}

TEST(Tensor, DeferredBytesCanBeLookedAtWithoutStaying) {
  int fills = 0;
  Tensor tensor = counted(fills);
  TensorScratch scratch;
  const auto first = tensor.bytes_in(scratch);
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(first.data()) % 64, 0U);
  EXPECT_EQ(tensor.bytes_in(scratch).data(), first.data());
  EXPECT_EQ(fills, 2);
  tensor.settle();
  EXPECT_FALSE(tensor.is_deferred());
  EXPECT_EQ(tensor.bytes_in(scratch).data(), tensor.bytes().data());
  EXPECT_EQ(tensor.data<float>()[5], 6);
  EXPECT_EQ(fills, 3);
}

TEST(Tensor, DeferredBytesThatCannotBeHadAreAskedForAgain) {
  bool there = false;
  const Tensor tensor = Tensor::deferred(DataType::kInt8, {1}, [&there](std::span<std::byte> out) {
    if (!there) throw FormatError("not yet");
    out[0] = std::byte{7};
  });
  expect_error<FormatError>([&] { tensor.bytes(); }, "not yet");
  there = true;
  EXPECT_EQ(tensor.data<std::int8_t>()[0], 7);
}

TEST(Tensor, NormalizesBooleansToZeroAndOne) {
  const std::byte bytes[] = {std::byte{0}, std::byte{1}, std::byte{255}};
  const Tensor tensor(DataType::kBool, {3}, bytes);
  EXPECT_EQ(static_cast<int>(tensor.bytes()[2]), 1);
}

TEST(Tensor, RejectsBytesThatDoNotFitTheShape) {
  const std::byte bytes[12] = {};
  expect_error<FormatError>(
      [&] {
        Tensor(DataType::kFloat, {2, 2}, bytes);
      },
      "has 12 bytes of data, expected 16 (FLOAT [2, 2])");
  expect_error<FormatError>(
      [] {
        Tensor(DataType::kFloat, {2, 2}).reshaped({3});
      },
      "cannot reshape [2, 2] to [3]");
}

TEST(Tensor, RejectsNegativeOverflowingAndHugeShapesBeforeAllocating) {
  constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();
  expect_error<FormatError>(
      [] {
        element_count(std::vector<std::int64_t>{2, -1});
      },
      "shape [2, -1] has a negative dimension");
  expect_error<FormatError>(
      [] {
        element_count(std::vector<std::int64_t>{kMax, kMax});
      },
      "has more than");
  expect_error<FormatError>(
      [] {
        element_count(std::vector<std::int64_t>{0, kMax, kMax});
      },
      "has more than");
  expect_error<FormatError>([] { Tensor(DataType::kDouble, {std::int64_t{1} << 30}); },
                            "is larger than");
}

// The definition of IEEE 754, in double, where every half is exact.
double half_value(std::uint16_t bits) {
  const int exponent = (bits >> 10) & 31;
  const int mantissa = bits & 1023;
  const double magnitude =
      exponent == 0 ? std::ldexp(mantissa, -24) : std::ldexp(1024 + mantissa, exponent - 25);
  return (bits & 0x8000) != 0 ? -magnitude : magnitude;
}

bool is_finite_half(std::uint32_t bits) { return (bits & 0x7c00) != 0x7c00; }

TEST(Half, EveryFiniteHalfBecomesItsExactFloatAndBack) {
  std::vector<std::uint16_t> all(1 << 16);
  for (std::uint32_t bits = 0; bits < 1 << 16; ++bits) all[bits] = static_cast<std::uint16_t>(bits);
  std::vector<float> widened(all.size());
  half_to_float(all, widened);
  for (const std::uint16_t bits : all) {
    if (!is_finite_half(bits)) continue;
    ASSERT_EQ(half_to_float(bits), half_value(bits)) << bits;
    ASSERT_EQ(std::bit_cast<std::uint32_t>(widened[bits]),
              std::bit_cast<std::uint32_t>(half_to_float(bits)));
    ASSERT_EQ(float_to_half(half_to_float(bits)), bits);
  }
}

TEST(Half, InfinityAndNanSurviveBothWays) {
  EXPECT_EQ(half_to_float(0x7c00), std::numeric_limits<float>::infinity());
  EXPECT_EQ(half_to_float(0xfc00), -std::numeric_limits<float>::infinity());
  EXPECT_TRUE(std::isnan(half_to_float(0x7e01)));
  EXPECT_EQ(float_to_half(-std::numeric_limits<float>::infinity()), 0xfc00);
  EXPECT_TRUE(std::isnan(half_to_float(float_to_half(std::numeric_limits<float>::quiet_NaN()))));
}

TEST(Half, RoundsToNearestAndTiesToEvenBetweenEveryTwoNeighbours) {
  for (std::uint16_t low = 0; low < 0x7bff; ++low) {
    const auto high = static_cast<std::uint16_t>(low + 1);
    // The midpoint of two neighbouring halves is exact in float.
    const auto middle = static_cast<float>((half_value(low) + half_value(high)) / 2);
    ASSERT_EQ(float_to_half(middle), low % 2 == 0 ? low : high) << low;
    ASSERT_EQ(float_to_half(std::nextafter(middle, 0.0f)), low) << low;
    ASSERT_EQ(float_to_half(std::nextafter(middle, 1e6f)), high) << low;
    ASSERT_EQ(float_to_half(-middle), (low % 2 == 0 ? low : high) | 0x8000) << low;
  }
  EXPECT_EQ(float_to_half(65519.99f), 0x7bff);
  EXPECT_EQ(float_to_half(65520.0f), 0x7c00);
}

}  // namespace
}  // namespace filigree::loader
