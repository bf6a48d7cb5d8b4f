// Two ways to compute the same sequences, tensor by tensor: what every layer of the encoder
// computes, and the outputs of the model.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "kernels/kernel_table.h"
#include "loader/model.h"
#include "runtime/sequence.h"

namespace filigree::tools {

struct Side {
  std::shared_ptr<const loader::Model> model;
  const kernels::KernelTable* table = nullptr;
  std::size_t threads = 1;
};

// One tensor over all sequences. u8 tensors are compared as the numbers they stand for.
struct TensorDifference {
  std::string name;  // "layer 0, query", "output 'logits'"
  std::size_t values = 0;
  std::size_t different = 0;  // by their bits
  // The largest of |a - b|; infinity where only one is a number.
  double largest = 0;
  double largest_value = 0;  // of |a|
  // Of the first value with the largest difference; empty when nothing differs.
  std::string where;
  double a = 0, b = 0;
};

struct Comparison {
  std::vector<TensorDifference> tensors;  // in the order of computation, outputs last
  std::string note;                       // why the encoders are not compared; else empty
};

enum class Compared { kEverything, kOutputs };

struct ComparisonOptions {
  Compared compared = Compared::kEverything;
  // Called after each sequence with their number so far; false ends the comparison.
  std::function<bool(std::size_t done)> carry_on = [](std::size_t) { return true; };
};

// Outputs are those that both models have, by name. Throws std::runtime_error naming the side, "A"
// or "B", and the sequence when a model cannot compute one, and when there is nothing to compare:
// no common output, or one of different shapes. What was compared until `carry_on` said no is
// returned.
Comparison compare(const Side& a, const Side& b, const std::vector<runtime::Sequence>& sequences,
                   const ComparisonOptions& options = {});

bool same_bits(const Comparison& comparison);
double largest_difference(const Comparison& comparison);

}  // namespace filigree::tools
