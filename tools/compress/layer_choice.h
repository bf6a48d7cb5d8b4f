// Which matrices of a model are pruned, and how far: the value of --sparsity and of each --layer.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tools/compress/encoder_linears.h"

namespace filigree::tools {

// "NAME=PERCENT". The name is that of a linear layer ("layer 0 query"), of its weight in the file,
// or with * (any characters) and ? (one) a pattern of these; a name without them may be that of any
// other matrix of the file, for example of the head.
struct LayerSparsity {
  std::string name;
  std::size_t percent = 0;
};

// Throws UsageError.
LayerSparsity parse_layer_sparsity(const std::string& text);

bool matches_pattern(std::string_view name, std::string_view pattern) noexcept;

struct PruningTarget {
  std::string name;  // for people
  StoredWeight stored;
  std::size_t percent = 0;
  const EncoderLinear* linear = nullptr;  // nullptr: a matrix outside of the encoder's layers
};

// The encoder's linear layers at `percent` or what the last `choices` that matches says, in order,
// then other matrices that were named. Refers to `linears`. Throws UsageError for a choice that
// matches nothing, InputError for a weight that two layers share.
std::vector<PruningTarget> pruning_targets(const loader::Graph& graph,
                                           std::span<const EncoderLinear> linears,
                                           std::size_t percent,
                                           std::span<const LayerSparsity> choices);

}  // namespace filigree::tools
