// Everything an encoder computes for each sequence of a batch, so that whoever finds two runs to
// differ can name the first value that does. For tests and self-tests: slow, and it allocates.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/encoder.h"

namespace filigree::runtime {

// One stage's output for one sequence, [tokens][features]; u8 values are held as floats, exactly.
struct StageValues {
  Stage stage;
  std::size_t layer;
  std::size_t features;
  bool is_u8;
  std::vector<float> values;
};

// In the order of computation; the last one is the hidden state.
using Trace = std::vector<StageValues>;

// Encodes all sequences in one batch on `ranks` threads; the traces are in the order of the
// sequences. With `only`, that one is traced and the traces of the others are empty.
std::vector<Trace> trace_batch(const kernels::KernelTable& table, const loader::Encoder& encoder,
                               std::span<const Sequence> sequences, std::size_t ranks,
                               std::optional<std::size_t> only = std::nullopt);

// The first value whose bits differ, with what the two runs are called: "layer 1, value, token 5,
// feature 7: avx2 0x3e800000 (0.25), scalar 0x3e851eb8 (0.26)"; nullopt when none does.
struct NamedTrace {
  std::string_view name;
  const Trace& trace;
};
std::optional<std::string> first_difference(const NamedTrace& a, const NamedTrace& b);

std::string_view stage_name(Stage stage) noexcept;

// "0x3e800000 (0.25)".
std::string bits_text(float value);

}  // namespace filigree::runtime
