#include "tools/analysis/analysis.h"

#include <algorithm>
#include <numeric>
#include <stdexcept>
#include <utility>

#include "kernels/kernel_table.h"
#include "kernels/panel.h"
#include "runtime/engine.h"
#include "tools/selftest/model_check.h"

namespace filigree::tools {
namespace {

using runtime::Step;
using runtime::StepTimes;

double milliseconds(std::chrono::nanoseconds time) {
  return std::chrono::duration<double, std::milli>(time).count();
}

runtime::EngineOptions engine_options(const AnalysisOptions& options) {
  const std::size_t tokens = options.batch_size * options.sequence_length;
  return {.cores = options.cores, .isa = options.isa, .batch_tokens = tokens};
}

struct Measurement {
  std::vector<StepTimes> steps;
  std::vector<double> total_ms;
};

// Units and batches take turns: both see the same moods of the machine.
std::optional<Measurement> measure(runtime::Engine& engine, UnitTimer& units,
                                   const runtime::Request& request,
                                   const AnalysisOptions& options) {
  Measurement measured;
  for (std::size_t i = 0; i < options.warmups + options.iterations; ++i) {
    units.measure();
    const runtime::Response response = engine.run(request);
    if (response.status != runtime::Status::kOk) throw std::runtime_error(response.message);
    if (i >= options.warmups) {
      measured.steps.push_back(response.timing.steps);
      measured.total_ms.push_back(milliseconds(response.timing.compute));
    }
    if (!options.carry_on(i + 1)) return std::nullopt;
  }
  return measured;
}

StepRow timed_row(Step step, std::size_t layer, const std::vector<StepTimes>& measured) {
  StepRow row{.step = step, .layer = layer, .matrix = {}};
  row.least_ms = milliseconds(measured.front().of(step, layer));
  for (const StepTimes& times : measured) {
    const double time = milliseconds(times.of(step, layer));
    row.least_ms = std::min(row.least_ms, time);
    row.mean_ms += time / static_cast<double>(measured.size());
  }
  return row;
}

double predicted_ms(const MatrixFacts& matrix, const Analysis& analysis) {
  const UnitTimes& units = analysis.units;
  double seconds = matrix.cost() * (matrix.is_int8() ? units.i8_quad : units.f32_weight);
  if (matrix.step == Step::kIntermediate)
    seconds += units.gelu_row * static_cast<double>(matrix.rows);
  const auto tokens = static_cast<double>(analysis.batch_size * analysis.sequence_length);
  return 1e3 * seconds * tokens /
         static_cast<double>(kernels::kUsualPanelTokens * analysis.threads);
}

void add_matrix(const MatrixFacts& matrix, const Analysis& analysis, StepRow& row) {
  row.predicted_ms = predicted_ms(matrix, analysis);
  if (row.least_ms <= 0) return;
  const auto tokens = static_cast<double>(analysis.batch_size * analysis.sequence_length);
  const double per_weight = 2 * tokens / (row.least_ms * 1e6);
  row.gflops_nonzeros = per_weight * static_cast<double>(matrix.nonzeros);
  row.gflops_dense = per_weight * static_cast<double>(matrix.weights());
  const double dense_weight =
      matrix.is_int8() ? analysis.units.i8_quad / 4 : analysis.units.f32_weight;
  const double dense_tiles = 2.0 * static_cast<double>(kernels::kUsualPanelTokens) / dense_weight *
                             static_cast<double>(analysis.threads) * 1e-9;
  row.utilization = row.gflops_nonzeros / dense_tiles;
}

void add_steps(const std::vector<StepTimes>& measured, Analysis& analysis) {
  const std::size_t layers = measured.front().layers();
  const auto add = [&](Step step, std::size_t layer) {
    analysis.steps.push_back(timed_row(step, layer, measured));
  };
  if (layers > 0) add(Step::kEmbeddings, 0);
  for (std::size_t layer = 0; layer < layers; ++layer)
    for (std::size_t step = 0; step < runtime::kSteps; ++step)
      if (is_in_layer(static_cast<Step>(step))) add(static_cast<Step>(step), layer);
  add(Step::kRest, 0);
  for (std::size_t i = 0; i < analysis.matrices.size(); ++i) {
    const MatrixFacts& matrix = analysis.matrices[i];
    StepRow& row = *std::ranges::find_if(analysis.steps, [&](const StepRow& candidate) {
      return candidate.step == matrix.step && candidate.layer == matrix.layer;
    });
    row.matrix = i;
    add_matrix(matrix, analysis, row);
  }
  double sum = 0;
  for (const StepRow& row : analysis.steps) sum += row.least_ms;
  for (StepRow& row : analysis.steps) row.share = sum > 0 ? row.least_ms / sum : 0;
}

}  // namespace

double Analysis::least_ms() const { return *std::ranges::min_element(iteration_ms); }

double Analysis::mean_ms() const {
  return std::accumulate(iteration_ms.begin(), iteration_ms.end(), 0.0) /
         static_cast<double>(iteration_ms.size());
}

std::optional<Analysis> analyze(std::shared_ptr<const loader::Model> model,
                                const AnalysisOptions& options) {
  runtime::Engine engine(engine_options(options));
  UnitTimer units(kernels::table_for(options.isa));
  runtime::Request request;
  request.model = model;
  request.sequences =
      sequences_for(*model, std::vector<std::size_t>(options.batch_size, options.sequence_length));
  request.time_steps = true;
  auto measured = measure(engine, units, request, options);
  if (!measured) return std::nullopt;

  Analysis analysis;
  analysis.matrices = matrix_facts(*model, options.isa, options.picture_side);
  analysis.model = std::move(model);
  analysis.iteration_ms = std::move(measured->total_ms);
  analysis.units = units.least();
  analysis.isa = kernels::isa_name(engine.isa());
  analysis.cores_reason = engine.cores_reason();
  analysis.batch_size = options.batch_size;
  analysis.sequence_length = options.sequence_length;
  const std::size_t tokens = options.batch_size * options.sequence_length;
  analysis.threads = std::min(engine.cores(), (tokens + 7) / 8);
  add_steps(measured->steps, analysis);
  return analysis;
}

std::string full_name(const StepRow& row) {
  const std::string name(step_name(row.step));
  return is_in_layer(row.step) ? "layer " + std::to_string(row.layer) + " " + name : name;
}

std::vector<StepSum> sums_by_step(const Analysis& analysis) {
  std::vector<StepSum> sums;
  for (std::size_t step = 0; step < runtime::kSteps; ++step) {
    StepSum sum{.step = static_cast<Step>(step)};
    bool found = false;
    for (const StepRow& row : analysis.steps) {
      if (row.step != sum.step) continue;
      found = true;
      sum.least_ms += row.least_ms;
      sum.share += row.share;
    }
    if (found) sums.push_back(sum);
  }
  return sums;
}

}  // namespace filigree::tools
