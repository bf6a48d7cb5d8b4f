// Which weights of a matrix stay: an exact number of blocks, chosen at random.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "tools/model_maker/random.h"

namespace filigree::tools {

// Blocks are outputs x inputs.
enum class Pattern { kNone, kUnstructured, k1x4, k4x1 };
std::string_view pattern_name(Pattern pattern) noexcept;  // "none", "unstructured", "1x4", "4x1"

// How the blocks that stay are spread over the inputs.
enum class Spread {
  kEven,   // every block is equally likely to stay
  kSkewed  // as in trained models, some inputs keep several times as many as others
};

struct Sparsity {
  Pattern pattern = Pattern::kNone;
  std::size_t percent = 0;  // of the blocks that are zero, 0 to 99
  Spread spread = Spread::kEven;
};

// How many of `blocks` blocks stay at `percent` sparsity: rounded to the nearest.
std::size_t kept_blocks(std::size_t blocks, std::size_t percent) noexcept;

// Outputs and inputs of a block; 1 and 1 for kNone and kUnstructured.
struct BlockShape {
  std::size_t outputs = 1, inputs = 1;
};
BlockShape block_shape(Pattern pattern) noexcept;

// [inputs][outputs], 1 where a weight stays. Of the n blocks (those at the edges may be smaller)
// kept_blocks(n, percent) stay; with pattern kNone all of them.
std::vector<std::uint8_t> kept_weights(Random& random, const Sparsity& sparsity, std::size_t inputs,
                                       std::size_t outputs);

}  // namespace filigree::tools
