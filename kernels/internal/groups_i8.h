// The arithmetic of kGroupsI8 when packing: how a quad of weights is split, and which groups are
// added together in 16 bits (kernels/README.md). Cold code.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <vector>

namespace filigree::kernels {

// Four weights of consecutive inputs.
struct Quad {
  std::int32_t weights[4] = {};

  bool is_zero() const noexcept { return (weights[0] | weights[1] | weights[2] | weights[3]) == 0; }
  std::int32_t as_word() const noexcept {
    std::uint32_t word = 0;
    for (int i = 0; i < 4; ++i)
      word |= static_cast<std::uint32_t>(static_cast<std::uint8_t>(weights[i])) << (8 * i);
    return static_cast<std::int32_t>(word);
  }
};

// Weights `col` to `col + 3` of a row; 0 past its end.
inline Quad quad_at(std::span<const std::int16_t> row, std::size_t col) {
  Quad quad;
  for (std::size_t i = 0; i < 4 && col + i < row.size(); ++i) quad.weights[i] = row[col + i];
  return quad;
}

// Removes from `rest` a part, and returns it, that vpmaddubsw multiplies without saturating: each
// weight in s8, and 255 * (|w0| + |w1|) within s16 for the two weights of a pair unless their signs
// differ.
inline Quad take_exact_part(Quad& rest) {
  Quad part;
  for (int pair = 0; pair < 4; pair += 2) {
    for (int i = pair; i < pair + 2; ++i) part.weights[i] = std::clamp(rest.weights[i], -128, 127);
    const std::int32_t w0 = part.weights[pair];
    const std::int32_t w1 = part.weights[pair + 1];
    if ((w0 < 0) == (w1 < 0) && std::abs(w0) + std::abs(w1) > 128) part.weights[pair + 1] = 0;
  }
  for (int i = 0; i < 4; ++i) rest.weights[i] -= part.weights[i];
  return part;
}

struct Group {
  std::size_t offset;
  Quad quad;
};

// Puts groups that fit together next to each other, pairs first; returns the number of pairs. The
// largest is tried with the smallest.
std::size_t pair_up(std::vector<Group>& groups);

// What pack_i8 makes of one row of a chunk.
struct GroupCounts {
  std::size_t groups_1x4 = 0;  // with a nonzero
  std::size_t split = 0;       // groups besides, that are split off to be exact
  std::size_t pairs = 0;
};
GroupCounts count_groups(std::span<const std::int16_t> row);

}  // namespace filigree::kernels
