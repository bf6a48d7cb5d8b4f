#include "tools/analysis/matrix_facts.h"

#include <algorithm>
#include <cmath>

#include "runtime/layer_linears.h"
#include "tools/cli/table.h"

namespace filigree::tools {
namespace {

using kernels::FormatCost;

// Aligned blocks of 4x1 with a nonzero.
std::size_t blocks_4x1(std::span<const std::int16_t> weights, std::size_t rows, std::size_t cols) {
  std::size_t blocks = 0;
  for (std::size_t row = 0; row < rows; row += 4)
    for (std::size_t col = 0; col < cols; ++col) {
      bool any = false;
      for (std::size_t r = row; r < std::min(row + 4, rows); ++r)
        any = any || weights[r * cols + col] != 0;
      blocks += any ? 1 : 0;
    }
  return blocks;
}

void add_float(const loader::Linear& linear, kernels::Isa isa, std::size_t side,
               MatrixFacts& facts) {
  const std::vector<float> weights = kernels::unpack_f32(linear.weights);
  const kernels::F32Pattern pattern = kernels::pattern_f32(weights, facts.rows, facts.cols);
  facts.blocks_1x4 = pattern.blocks_1x4;
  facts.blocks_4x1 = pattern.blocks_4x1;
  const auto costs = kernels::f32_format_costs(pattern, isa);
  facts.costs.assign(costs.begin(), costs.end());
  facts.density = loader::density_map(std::span<const float>(weights), facts.cols, side);
}

void add_int8(const loader::Linear& linear, kernels::Isa isa, std::size_t side,
              MatrixFacts& facts) {
  const std::vector<std::int16_t> weights = kernels::unpack_i8(linear.weights);
  const kernels::I8Pattern pattern = kernels::pattern_i8(weights, facts.rows, facts.cols);
  facts.blocks_1x4 = pattern.groups_1x4;
  facts.blocks_4x1 = blocks_4x1(weights, facts.rows, facts.cols);
  const auto costs = kernels::i8_format_costs(pattern, isa);
  facts.costs.assign(costs.begin(), costs.end());
  facts.density = loader::density_map(std::span<const std::int16_t>(weights), facts.cols, side);
}

// The loader lists matrices in the same order; a model that it did not make has no list.
std::string form_of(const loader::Model& model, std::size_t matrix) {
  return matrix < model.matrices.size() ? model.matrices[matrix].form : "";
}

}  // namespace

double MatrixFacts::cost() const {
  const auto used = [&](const FormatCost& cost) { return cost.format == format; };
  return std::ranges::find_if(costs, used)->cost;
}

std::vector<MatrixFacts> matrix_facts(const loader::Model& model, kernels::Isa isa,
                                      std::size_t side) {
  std::vector<MatrixFacts> all;
  if (!model.encoder) return all;
  for (std::size_t number = 0; number < model.encoder->layers.size(); ++number) {
    const loader::EncoderLayer& layer = model.encoder->layers[number];
    for (const auto& [step, linear] : runtime::layer_linears(layer)) {
      MatrixFacts facts{.layer = number,
                        .step = step,
                        .name = linear->name,
                        .form = form_of(model, all.size()),
                        .rows = linear->weights.rows(),
                        .cols = linear->weights.cols(),
                        .nonzeros = linear->weights.nonzeros(),
                        .format = linear->weights.format(),
                        .costs = {},
                        .packed_bytes = linear->weights.bytes(),
                        .density = {}};
      (facts.is_int8() ? add_int8 : add_float)(*linear, isa, side, facts);
      all.push_back(std::move(facts));
    }
  }
  return all;
}

std::string why(const MatrixFacts& matrix) {
  const FormatCost& dense = matrix.costs.front();
  std::string others;
  for (const FormatCost& cost : matrix.costs) {
    if (cost.format == matrix.format || cost.format == dense.format) continue;
    others += (others.empty() ? "" : ", ") + std::string(kernels::format_name(cost.format));
    others += std::isinf(cost.cost) ? " impossible" : " " + fixed(cost.cost / dense.cost, 2);
  }
  const std::string dense_name = kernels::format_name(dense.format);
  if (matrix.format == dense.format)
    return "no format is expected to be faster: of the time of " + dense_name + ", " + others;
  return "expected to take " + fixed(matrix.cost() / dense.cost, 2) + " of the time of " +
         dense_name + (others.empty() ? "" : " (" + others + ")");
}

}  // namespace filigree::tools
