// The ranges of values of a graph on samples, as static quantisation needs them.
#pragma once

#include <map>
#include <span>
#include <string>
#include <vector>

#include "loader/interpreter.h"
#include "tools/model_maker/float_model.h"

namespace filigree::tools {

struct Range {
  float low = 0, high = 0;  // low <= 0 <= high
};
using Ranges = std::map<std::string, Range>;

// Smallest and largest element of each value over all samples (feeds of the graph's inputs), on the
// interpreter. `names` are in the order in which the graph computes them. FormatError as
// run_graph().
Ranges observe_ranges(const loader::Graph& graph, std::span<const loader::Values> samples,
                      std::span<const std::string> names, const Checkpoint& checkpoint);

// What a model of random weights is calibrated with: a short and a longer sequence of random
// tokens, all that its inputs need. A short one, because averages over few tokens reach further.
std::vector<loader::Values> random_samples(const loader::Graph& graph, const ModelSpec& spec);

}  // namespace filigree::tools
