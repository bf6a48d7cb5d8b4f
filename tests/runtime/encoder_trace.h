// Everything an encoder computes for each sequence of a batch, so that tests can name the first
// thing that differs.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "runtime/encoder.h"

namespace filigree::runtime {

// One stage's output for one sequence, [tokens][features]; u8 values are held as floats, exactly.
struct StageValues {
  Stage stage;
  std::size_t layer;
  std::size_t features;
  std::vector<float> values;
};

// In the order of computation; the last one is the hidden state.
using Trace = std::vector<StageValues>;

// Encodes all sequences in one batch on `ranks` threads.
std::vector<Trace> trace_batch(const kernels::KernelTable& table, const loader::Encoder& encoder,
                               std::span<const Sequence> sequences, std::size_t ranks);

// The first value whose bits differ: "layer 1, value: token 5, feature 7: 0.25 and 0.26"; nullopt
// when none does.
std::optional<std::string> first_difference(const Trace& a, const Trace& b);

std::string stage_name(Stage stage);

}  // namespace filigree::runtime
