// Where the time of a request goes, by layer and step. Measuring changes no bit of an answer; it
// reads the clock once for each step and panel, which takes far less than a step. Without it a step
// costs one test of a pointer.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace filigree::runtime {

// In the order of computation. A linear layer includes what it does to its input and output:
// quantising the input (the first of those that share one), activation, addition of the residual.
enum class Step : std::uint8_t {
  kEmbeddings,  // of the encoder
  kQuery,
  kKey,
  kValue,
  kWait,  // for K and V of the other threads
  kAttention,
  kAttentionOutput,
  kAttentionNorm,
  kIntermediate,
  kOutput,
  kOutputNorm,
  kRest  // of the model: what the interpreter does after the encoder, or everything
};
inline constexpr std::size_t kSteps = 12;

// "embeddings", "query", ...
std::string_view step_name(Step step) noexcept;
// False for kEmbeddings and kRest, which a model has once.
bool is_in_layer(Step step) noexcept;

// Times of threads, divided by their number: those of all steps add up to the time that passed, as
// far as the threads began and ended together.
class StepTimes {
 public:
  StepTimes() = default;  // nothing was measured: no layers, all times 0
  explicit StepTimes(std::size_t layers);

  std::size_t layers() const noexcept { return layers_; }
  // 0 for a layer that is not there. Steps outside of layers are those of layer 0.
  std::chrono::nanoseconds of(Step step, std::size_t layer = 0) const noexcept;
  std::chrono::nanoseconds total() const noexcept;

  // Requires a layer that is there (or layer 0).
  void add(Step step, std::size_t layer, std::chrono::nanoseconds time) noexcept;
  // Step by step; the sum has the layers of the one that has more.
  StepTimes& operator+=(const StepTimes& other);

 private:
  using Row = std::array<std::chrono::nanoseconds, kSteps>;
  std::size_t layers_ = 0;
  std::vector<Row> rows_;  // one for each layer, at least one once anything can be added
};

// A stopwatch for each rank of a pass. Ranks call start() and lap() at the same time, each for
// itself; they allocate nothing.
class StepRecorder {
 public:
  StepRecorder(std::size_t layers, std::size_t ranks);

  void start(std::size_t rank) noexcept;
  // Adds what passed since the rank's start() or last lap().
  void lap(std::size_t rank, Step step, std::size_t layer) noexcept;

  // Of the first `ranks` ranks, when they have finished.
  StepTimes times(std::size_t ranks) const;

 private:
  struct alignas(64) Stopwatch {
    std::chrono::steady_clock::time_point last;
    StepTimes times;
  };
  std::vector<Stopwatch> stopwatches_;
};

}  // namespace filigree::runtime
