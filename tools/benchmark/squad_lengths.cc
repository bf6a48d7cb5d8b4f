#include "tools/benchmark/squad_lengths.h"

#include <array>

namespace filigree::tools {
namespace {

// Percentiles 0 to 100: `filigree tokenize` with the vocabulary of bert-base-uncased on
// {"text": question, "pair": context} of every question, the numbers of ids sorted.
constexpr std::array<std::uint16_t, 101> kLengthPercentiles = {
    41,  55,  66,  74,  82,  88,  92,  97,  103, 106, 109, 112, 114, 116, 118, 120, 121,
    123, 124, 125, 127, 128, 129, 130, 131, 132, 133, 134, 135, 137, 138, 139, 140, 141,
    142, 143, 145, 146, 147, 148, 149, 150, 152, 153, 154, 155, 157, 158, 159, 161, 163,
    164, 166, 167, 168, 169, 171, 173, 174, 176, 177, 179, 180, 182, 183, 185, 187, 189,
    191, 193, 195, 197, 199, 201, 203, 205, 208, 210, 213, 215, 218, 220, 223, 227, 231,
    235, 239, 246, 251, 257, 262, 267, 273, 283, 290, 299, 315, 335, 372, 444, 819};

}  // namespace

std::size_t squad_length(std::uint64_t bits) noexcept {
  // 32 bits are plenty, and their product with a length cannot overflow.
  const std::uint64_t scaled = (bits >> 32) * (kLengthPercentiles.size() - 1);
  const std::uint64_t index = scaled >> 32;
  const std::uint64_t fraction = scaled & 0xffffffff;
  const std::uint64_t low = kLengthPercentiles[index];
  const std::uint64_t high = kLengthPercentiles[index + 1];
  return low + (((high - low) * fraction + (std::uint64_t{1} << 31)) >> 32);
}

}  // namespace filigree::tools
