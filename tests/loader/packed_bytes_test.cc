// Packed bytes outlive the program that wrote them: what a format means may only change together
// with the version of packed files.
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdint>
#include <vector>

#include "kernels/packed_weights.h"
#include "loader/file.h"
#include "loader/packed_file.h"
#include "loader/packed_header.h"
#include "loader/shared_tensors.h"
#include "tests/loader/encoder_fixtures.h"

namespace filigree::loader {
namespace {

using kernels::WeightFormat;

// The version that the hashes below were taken at.
constexpr std::uint32_t kVersionOfHashes = 11;

constexpr std::size_t kRows = 397;  // two row blocks, the last of them short
constexpr std::size_t kCols = 460;  // several chunks

// Multiples of `step` from -9 to 9, nine in ten of them 0 but in the first ten columns.
template <class T>
std::vector<T> weights(T step) {
  std::vector<T> values(kRows * kCols);
  std::uint32_t state = 12345;
  for (std::size_t i = 0; i < values.size(); ++i) {
    state = state * 1664525 + 1013904223;
    const bool kept = i % kCols < 10 || (state >> 16) % 10 == 0;
    values[i] =
        kept ? static_cast<T>(static_cast<T>(static_cast<int>((state >> 24) % 19) - 9) * step)
             : T{0};
  }
  return values;
}

kernels::PackedWeights packed(WeightFormat format) {
  const kernels::PackOptions options{.l1_bytes = 32 << 10, .isa = kernels::Isa::kAvx2};
  return kernels::is_float(format)
             ? kernels::pack_f32(format, weights<float>(1), kRows, kCols, options)
             : kernels::pack_i8(format, weights<std::int16_t>(28), kRows, kCols, options);
}

TEST(PackedBytes, AreThoseOfTheVersion) {
  constexpr std::uint64_t kHashes[kernels::kWeightFormats] = {
      0x3821661c531edbef, 0x9a93a3c751cc9c7f, 0xf57ce9ebe8e32763, 0x28338540ad7583df,
      0xfbf72df97d69d3b4, 0x765c3d1b309da884, 0x46184f5a3e949c74};
  ASSERT_EQ(kPackedVersion, kVersionOfHashes)
      << "the version was raised: take the hashes below anew, and the version that they are of";
  for (std::size_t i = 0; i < kernels::kWeightFormats; ++i) {
    const kernels::PackedWeights matrix = packed(static_cast<WeightFormat>(i));
    const std::uint64_t hash =
        content_hash(matrix.storage()) ^ content_hash(std::as_bytes(matrix.row_sums()));
    EXPECT_EQ(hash, kHashes[i])
        << kernels::format_name(matrix.format())
        << " has other bytes than the packed files that are out there: raise kPackedVersion in "
           "loader/packed_header.h, or they would be read as what they are not";
  }
}

// Fields and their order, of a file that depends on nothing of this machine.
TEST(PackedBytes, OfAWholeFileAreThoseOfTheVersion) {
  constexpr std::uint64_t kHash = 0x09b6627dcb0e7b90;
  const std::filesystem::path path =
      std::filesystem::temp_directory_path() / ("packed_bytes_" + std::to_string(::getpid()));
  write_packed(path, *load_model(fixture_file("int8_u8"), {.isa = kernels::Isa::kScalar}),
               {"scalar", "options", {{"", 1, 2}}, 3});
  const FileBytes bytes = read_file(path);
  std::filesystem::remove(path);
  EXPECT_EQ(content_hash(bytes.span()), kHash)
      << "a packed file has other fields than those that are out there: raise kPackedVersion in "
         "loader/packed_header.h, then take the hash anew";
}

}  // namespace
}  // namespace filigree::loader
