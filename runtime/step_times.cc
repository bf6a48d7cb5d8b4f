#include "runtime/step_times.h"

#include <algorithm>
#include <cassert>

namespace filigree::runtime {

using std::chrono::nanoseconds;

std::string_view step_name(Step step) noexcept {
  switch (step) {
    case Step::kEmbeddings:
      return "embeddings";
    case Step::kQuery:
      return "query";
    case Step::kKey:
      return "key";
    case Step::kValue:
      return "value";
    case Step::kWait:
      return "wait";
    case Step::kAttention:
      return "attention";
    case Step::kAttentionOutput:
      return "attention output";
    case Step::kAttentionNorm:
      return "attention norm";
    case Step::kIntermediate:
      return "ffn in";
    case Step::kOutput:
      return "ffn out";
    case Step::kOutputNorm:
      return "output norm";
    case Step::kRest:
      return "rest";
  }
  return "unknown step";
}

bool is_in_layer(Step step) noexcept { return step != Step::kEmbeddings && step != Step::kRest; }

StepTimes::StepTimes(std::size_t layers)
    : layers_(layers), rows_(std::max<std::size_t>(layers, 1)) {
  for (Row& row : rows_) row.fill(nanoseconds{0});
}

nanoseconds StepTimes::of(Step step, std::size_t layer) const noexcept {
  return layer < rows_.size() ? rows_[layer][static_cast<std::size_t>(step)] : nanoseconds{0};
}

nanoseconds StepTimes::total() const noexcept {
  nanoseconds sum{0};
  for (const Row& row : rows_)
    for (const nanoseconds time : row) sum += time;
  return sum;
}

void StepTimes::add(Step step, std::size_t layer, nanoseconds time) noexcept {
  assert(layer < rows_.size());
  rows_[layer][static_cast<std::size_t>(step)] += time;
}

StepTimes& StepTimes::operator+=(const StepTimes& other) {
  Row zero;
  zero.fill(nanoseconds{0});
  layers_ = std::max(layers_, other.layers_);
  if (rows_.size() < other.rows_.size()) rows_.resize(other.rows_.size(), zero);
  for (std::size_t layer = 0; layer < other.rows_.size(); ++layer)
    for (std::size_t step = 0; step < kSteps; ++step)
      rows_[layer][step] += other.rows_[layer][step];
  return *this;
}

StepRecorder::StepRecorder(std::size_t layers, std::size_t ranks) : stopwatches_(ranks) {
  for (Stopwatch& stopwatch : stopwatches_) stopwatch.times = StepTimes(layers);
}

void StepRecorder::start(std::size_t rank) noexcept {
  stopwatches_[rank].last = std::chrono::steady_clock::now();
}

void StepRecorder::lap(std::size_t rank, Step step, std::size_t layer) noexcept {
  Stopwatch& stopwatch = stopwatches_[rank];
  const auto now = std::chrono::steady_clock::now();
  stopwatch.times.add(step, layer, now - stopwatch.last);
  stopwatch.last = now;
}

StepTimes StepRecorder::times(std::size_t ranks) const {
  StepTimes mean(stopwatches_.front().times.layers());
  const auto divisor = static_cast<nanoseconds::rep>(ranks);
  for (std::size_t layer = 0; layer < std::max<std::size_t>(mean.layers(), 1); ++layer)
    for (std::size_t step = 0; step < kSteps; ++step) {
      nanoseconds sum{0};
      for (std::size_t rank = 0; rank < ranks; ++rank)
        sum += stopwatches_[rank].times.of(static_cast<Step>(step), layer);
      mean.add(static_cast<Step>(step), layer, sum / divisor);
    }
  return mean;
}

}  // namespace filigree::runtime
