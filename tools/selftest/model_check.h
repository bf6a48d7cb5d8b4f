// A whole model, compared bit for bit over instruction sets, batches, threads and weight formats.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "kernels/kernel_table.h"
#include "loader/model.h"
#include "runtime/sequence.h"
#include "tools/selftest/check.h"

namespace filigree::tools {

// One model with its weights stored in one way.
struct ModelForm {
  std::string name;  // "as loaded", "dense", "sparse"
  std::shared_ptr<const loader::Model> model;
};

struct ModelCheck {
  std::string name;                          // begins the name of every result
  std::vector<ModelForm> forms;              // at least one
  std::vector<runtime::Sequence> sequences;  // valid ones, at least one; what batches repeat
  std::vector<std::size_t> batches;          // sequences in a batch
  // Of the scalar table, which is slow.
  std::vector<std::size_t> scalar_batches;
  std::vector<std::size_t> threads;
  // Compares every stage of the encoder, too, where sequences are computed one at a time: rounding
  // to u8 hides small differences from the outputs. Doubles the time.
  bool stages = false;
};

// Outputs of the first form on tables.front(), a sequence at a time on one thread, are what all
// others are compared with:
//   instruction sets   every table, a sequence at a time
//   batches            every table and batch, with the numbers of threads in turn
//   threads            every table and number of threads, in one batch of all sequences
//   formats            every table and form, in one batch of all sequences
// Where outputs differ, the encoder is run again to name the first stage that does. Throws
// std::runtime_error naming model and sequence when the reference itself cannot be computed.
std::vector<CheckResult> check_model(std::span<const kernels::KernelTable> tables,
                                     const ModelCheck& check);

// Sequences of these lengths, cut to what the model takes, with random ids and types that it has.
std::vector<runtime::Sequence> sequences_for(const loader::Model& model,
                                             std::vector<std::size_t> lengths, unsigned seed = 1);

}  // namespace filigree::tools
