// A model, matrix by matrix and step by step: what it is, what its time was expected to be, and
// what it is on this machine.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "kernels/isa.h"
#include "loader/model.h"
#include "runtime/step_times.h"
#include "tools/analysis/matrix_facts.h"
#include "tools/analysis/unit_times.h"

namespace filigree::tools {

struct AnalysisOptions {
  std::size_t batch_size = 1;         // sequences
  std::size_t sequence_length = 128;  // tokens of each
  std::size_t warmups = 5;
  std::size_t iterations = 10;  // at least 1
  std::size_t cores = 0;        // 0: what the process may use
  kernels::Isa isa = kernels::Isa::kScalar;
  std::size_t picture_side = 96;
  // Called after each batch, those of the warm-up included, with their number so far; false ends
  // the analysis.
  std::function<bool(std::size_t done)> carry_on = [](std::size_t) { return true; };
};

// One step of one layer, or one outside of layers.
struct StepRow {
  runtime::Step step;
  std::size_t layer;
  double least_ms = 0;  // over the iterations
  double mean_ms = 0;
  double share = 0;  // of the sum of all least_ms
  // Linear layers only.
  std::optional<std::size_t> matrix;  // index of Analysis::matrices
  double predicted_ms = 0;            // tools/analysis/unit_times.h
  double gflops_nonzeros = 0;         // two operations for each nonzero and token, in least_ms
  double gflops_dense = 0;            // the same for each weight, zeros included
  double utilization = 0;             // gflops_nonzeros of what dense tiles reach on all threads
};

struct Analysis {
  std::shared_ptr<const loader::Model> model;
  std::vector<MatrixFacts> matrices;
  std::vector<StepRow> steps;  // in the order of computation
  std::vector<double> iteration_ms;
  UnitTimes units;
  std::string isa, cores_reason;
  std::size_t threads = 0;  // that encode: at most one for each 8 tokens
  std::size_t batch_size = 0, sequence_length = 0;

  double least_ms() const;
  double mean_ms() const;
};

// Runs one batch of random tokens after another. nullopt when `carry_on` said no. Throws
// std::runtime_error when the model cannot compute them.
std::optional<Analysis> analyze(std::shared_ptr<const loader::Model> model,
                                const AnalysisOptions& options);

// "layer 3 ffn in", "embeddings".
std::string full_name(const StepRow& row);

// Steps of the same kind over all layers, in the order of computation.
struct StepSum {
  runtime::Step step;
  double least_ms = 0;
  double share = 0;
};
std::vector<StepSum> sums_by_step(const Analysis& analysis);

}  // namespace filigree::tools
