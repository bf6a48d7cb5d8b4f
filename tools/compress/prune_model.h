// Prunes the matrices of a graph.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "kernels/kernel_table.h"
#include "loader/graph.h"
#include "loader/model.h"
#include "runtime/sequence.h"
#include "tools/cli/output_folder.h"
#include "tools/compress/layer_choice.h"
#include "tools/compress/pruning_mask.h"

namespace filigree::tools {

enum class PruningMethod { kMagnitude, kSecondOrder };

struct PrunedMatrix {
  std::string name;
  std::size_t rows = 0, cols = 0, nonzeros = 0;
  bool by_magnitude = true;
  // |Y' - Y| / |Y| of its outputs on the calibration text, with the inputs of the pruned layers
  // before it.
  std::optional<double> output_error;
};

// By magnitude, without any text. Replaces the tensors of `graph`.
std::vector<PrunedMatrix> prune_by_magnitude(loader::Graph& graph,
                                             std::span<const PruningTarget> targets,
                                             Pattern pattern);

struct CalibratedPruning {
  PruningMethod method = PruningMethod::kSecondOrder;
  Pattern pattern = Pattern::kUnstructured;
  const kernels::KernelTable& table;
  std::size_t threads = 1;
  Checkpoint checkpoint;
  std::function<void(std::size_t)> progress;  // how many matrices are done
};

// With the inputs that calibration text gives each linear layer of the encoder; matrices outside of
// its layers go by magnitude. `model` was made from `graph`. Same bytes for any number of threads
// and kernel table.
std::vector<PrunedMatrix> prune_on_text(loader::Graph& graph, const loader::Model& model,
                                        std::span<const PruningTarget> targets,
                                        std::span<const runtime::Sequence> sequences,
                                        const CalibratedPruning& options);

}  // namespace filigree::tools
