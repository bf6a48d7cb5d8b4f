// What is known about each matrix of an encoder without running it.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "kernels/packed_weights.h"
#include "loader/density_map.h"
#include "loader/model.h"
#include "runtime/step_times.h"

namespace filigree::tools {

struct MatrixFacts {
  std::size_t layer = 0;
  runtime::Step step = runtime::Step::kQuery;
  std::string name;  // of the weight in the file
  std::string form;  // "fp32", "int8 static (SparseML)", as loader::MatrixInfo
  std::size_t rows = 0, cols = 0, nonzeros = 0;
  // Aligned blocks that have a nonzero; those at the ends of rows and columns may be smaller.
  std::size_t blocks_1x4 = 0, blocks_4x1 = 0;
  kernels::WeightFormat format = kernels::WeightFormat::kDenseF32;
  std::vector<kernels::FormatCost> costs;  // dense first
  std::size_t packed_bytes = 0;
  loader::DensityMap density;

  std::size_t weights() const { return rows * cols; }
  double zeros() const {
    return 1 - static_cast<double>(nonzeros) / static_cast<double>(weights());
  }
  // Nonzeros in a block that has any, of four; 0 for an empty matrix.
  double fill(std::size_t blocks) const {
    return blocks == 0 ? 0 : static_cast<double>(nonzeros) / (4.0 * static_cast<double>(blocks));
  }
  bool is_int8() const { return !kernels::is_float(format); }
  // Of the format in use.
  double cost() const;
};

// In the order of computation; none without a recognised encoder. `isa` is what the formats were
// chosen for. Pictures have at most `side` cells a side.
std::vector<MatrixFacts> matrix_facts(const loader::Model& model, kernels::Isa isa,
                                      std::size_t side);

// Why the format in use is in use: "expected to take 0.31 of dense_i8".
std::string why(const MatrixFacts& matrix);

}  // namespace filigree::tools
