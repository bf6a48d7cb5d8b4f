#include "tools/compress/prune_model.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "tools/compress/input_moments.h"
#include "tools/compress/layer_walk.h"
#include "tools/compress/second_order.h"

namespace filigree::tools {
namespace {

using loader::Graph;
using loader::Tensor;

struct Matrix {
  Tensor tensor;               // as stored
  std::vector<float> weights;  // [rows][cols]
  std::size_t rows = 0, cols = 0;
};

Matrix matrix_of(const Graph& graph, const PruningTarget& target) {
  const loader::GraphIndex index(graph);
  Matrix matrix{.tensor = *stored_tensor(index, target.stored.initializer), .weights = {}};
  matrix.weights = weight_values(matrix.tensor, target.stored.layout, target.stored.initializer);
  const loader::Dims& dims = matrix.tensor.dims();
  const bool turned = target.stored.layout == WeightLayout::kInputsOutputs;
  matrix.rows = static_cast<std::size_t>(dims[turned ? 1 : 0]);
  matrix.cols = static_cast<std::size_t>(dims[turned ? 0 : 1]);
  return matrix;
}

PrunedMatrix described(const PruningTarget& target, const Matrix& matrix,
                       std::span<const float> pruned) {
  const auto zeros = static_cast<std::size_t>(std::ranges::count(pruned, 0.0F));
  return {.name = target.name,
          .rows = matrix.rows,
          .cols = matrix.cols,
          .nonzeros = pruned.size() - zeros,
          .output_error = std::nullopt};
}

// Stores the weights and gives back what the file then holds: float16 rounds.
std::vector<float> store(Graph& graph, const PruningTarget& target, const Matrix& matrix,
                         std::span<const float> weights) {
  Tensor tensor = weight_tensor(matrix.tensor, target.stored.layout, weights);
  std::vector<float> stored =
      weight_values(tensor, target.stored.layout, target.stored.initializer);
  store_tensor(graph, target.stored.initializer, std::move(tensor));
  return stored;
}

PrunedMatrix pruned_by_magnitude(Graph& graph, const PruningTarget& target, Pattern pattern) {
  const Matrix matrix = matrix_of(graph, target);
  const BlockGrid grid(matrix.rows, matrix.cols, pattern);
  std::vector<float> weights = matrix.weights;
  if (target.percent > 0) {
    apply_mask(weights, magnitude_mask(matrix.weights, grid, target.percent));
    store(graph, target, matrix, weights);
  }
  return described(target, matrix, weights);
}

class TextPruning {
 public:
  TextPruning(Graph& graph, const loader::Model& model,
              std::span<const runtime::Sequence> sequences, const CalibratedPruning& options)
      : graph_(graph),
        options_(options),
        walk_(options.table, *model.encoder, sequences, options.threads),
        group_(runtime::Places(options.threads)) {}

  // Targets of one layer in the order of kLinearRoles; several that read the same value share H.
  PrunedMatrix operator()(const PruningTarget& target) {
    options_.checkpoint();
    const EncoderLinear& linear = *target.linear;
    while (layer_ < linear.layer) {
      walk_.next();
      ++layer_;
    }
    const bool shared = linear.role == LinearRole::kKey || linear.role == LinearRole::kValue;
    if (!shared || moments_.size() != linear.inputs) {
      moments_ = SquareMatrix(linear.inputs);
      add_moments(options_.table, walk_.inputs(linear.role), moments_, group_);
      damped_ = damped(moments_);
    }
    options_.checkpoint();
    const Matrix matrix = matrix_of(graph_, target);
    std::vector<float> weights = matrix.weights;
    if (target.percent > 0) {
      weights = store(graph_, target, matrix, pruned(target, matrix));
      walk_.set_weights(linear.role, weights);
    }
    PrunedMatrix result = described(target, matrix, weights);
    result.by_magnitude = options_.method == PruningMethod::kMagnitude;
    const std::vector<float> nothing(weights.size(), 0);
    const double outputs = output_error(matrix.weights, nothing, moments_, group_);
    const double error = output_error(matrix.weights, weights, moments_, group_);
    result.output_error = outputs > 0 ? std::sqrt(std::max(error, 0.0) / outputs) : 0;
    return result;
  }

 private:
  std::vector<float> pruned(const PruningTarget& target, const Matrix& matrix) {
    const BlockGrid grid(matrix.rows, matrix.cols, options_.pattern);
    if (options_.method == PruningMethod::kSecondOrder)
      return prune_second_order(matrix.weights, grid, target.percent, damped_, group_);
    std::vector<float> weights = matrix.weights;
    apply_mask(weights, magnitude_mask(weights, grid, target.percent));
    return weights;
  }

  Graph& graph_;
  const CalibratedPruning& options_;
  LayerWalk walk_;
  runtime::WorkerGroup group_;
  std::size_t layer_ = 0;
  SquareMatrix moments_, damped_;
};

}  // namespace

std::vector<PrunedMatrix> prune_by_magnitude(Graph& graph, std::span<const PruningTarget> targets,
                                             Pattern pattern) {
  std::vector<PrunedMatrix> result;
  for (const PruningTarget& target : targets)
    result.push_back(pruned_by_magnitude(graph, target, pattern));
  return result;
}

std::vector<PrunedMatrix> prune_on_text(Graph& graph, const loader::Model& model,
                                        std::span<const PruningTarget> targets,
                                        std::span<const runtime::Sequence> sequences,
                                        const CalibratedPruning& options) {
  TextPruning on_text(graph, model, sequences, options);
  std::vector<PrunedMatrix> result;
  for (const PruningTarget& target : targets) {
    result.push_back(target.linear == nullptr ? pruned_by_magnitude(graph, target, options.pattern)
                                              : on_text(target));
    options.progress(result.size());
  }
  return result;
}

}  // namespace filigree::tools
