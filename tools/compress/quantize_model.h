// Static eight bits for a float graph, in the form in which SparseML exported it: QuantizeLinear,
// MatMulInteger by UINT8 weights, int32 bias, Cast, Mul; attention products of integers; UINT8
// embedding tables behind Gather. The head stays float.
#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "kernels/kernel_table.h"
#include "loader/graph.h"
#include "loader/model.h"
#include "runtime/sequence.h"
#include "tools/cli/output_folder.h"

namespace filigree::tools {

struct Quantizing {
  const kernels::KernelTable& table;
  std::size_t threads = 1;
  // Activations beyond this percentile of the calibration text on either side are clipped; 100:
  // none is.
  double percentile = 100;
  Checkpoint checkpoint;
  std::function<void(std::size_t)> progress;  // how many layers are done
};

struct QuantizedModel {
  loader::Graph graph;
  std::vector<std::size_t> float_attention;  // layers whose attention products stay float
  // |h' - h| / |h| of the hidden states behind each layer, on the calibration text.
  std::vector<double> layer_errors;
};

// `model` was made from `graph`. Same result for any number of threads and kernel table. Throws
// InputError when a layer is not as expected (see encoder_linears()) or when the loader does not
// recognise the result as a quantised encoder, std::invalid_argument when names collide.
QuantizedModel quantize_on_text(const loader::Graph& graph, const loader::Model& model,
                                std::span<const runtime::Sequence> sequences,
                                const Quantizing& options);

}  // namespace filigree::tools
