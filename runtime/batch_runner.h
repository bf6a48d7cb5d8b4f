// Computes the batches that one stream takes: encoder, then the rest of the graph for each
// sequence. Owns what the stream uses again for batch after batch.
#pragma once

#include <atomic>
#include <cstddef>
#include <functional>
#include <span>
#include <vector>

#include "kernels/kernel_table.h"
#include "runtime/arena.h"
#include "runtime/batch.h"
#include "runtime/encoder.h"
#include "runtime/scheduler.h"
#include "runtime/step_times.h"
#include "runtime/team.h"

namespace filigree::runtime {

class BatchRunner {
 public:
  struct Options {
    std::size_t batch_tokens = 0;  // the most in a batch of more than one sequence
    std::size_t threads = 1;       // of the stream
    // The NUMA node of each of them, whose copy of a model's weights it reads; activations lie on
    // these nodes. Empty: wherever the system puts them.
    std::vector<int> memory_nodes = {};
    // How many threads the passes may have that the stream leads and shares with others.
    std::vector<std::size_t> joint_threads = {};
  };
  BatchRunner(const kernels::KernelTable& table, Options options);

  // One result for each sequence, in order. Errors, of memory as well, are results. Requires
  // sequences that the model accepts (request_error), and that the leader of `team` calls: the
  // threads of this stream, then those of the streams of `joined`, in their order. Activations lie
  // in the arena of this stream, what a thread needs for itself in that of its own. Adds the
  // times of the steps to `times`, unless that is null. `abandon`, when there is one, is asked in
  // every layer and before the rest of every sequence: once it is true, it must stay true, and what
  // is left becomes errors without being computed. `abandon` must be thread-safe. Does not throw.
  std::vector<SequenceResult> run(const loader::Model& model,
                                  std::span<const Sequence* const> sequences, Team& team,
                                  StepTimes* times = nullptr,
                                  const std::function<bool()>& abandon = {},
                                  std::span<BatchRunner* const> joined = {}) noexcept;

  std::size_t arena_bytes() const noexcept { return arena_bytes_.load(std::memory_order_relaxed); }

 private:
  PanelSeries<const float> run_encoder(const loader::Model& model,
                                       std::span<const Sequence* const> sequences, Team& team,
                                       StepTimes* times, const std::function<bool()>& abandon,
                                       std::span<BatchRunner* const> joined);
  // Makes room.
  Activations reserve(const loader::Encoder& encoder);
  // Makes room, and adds the places of the stream's threads.
  Activations add_places(const loader::Model& model, std::vector<RankPlace>& places);
  SequenceResult finish_sequence(const loader::Model& model, const Sequence& sequence,
                                 std::size_t index,
                                 const PanelSeries<const float>& hidden) const noexcept;

  const kernels::KernelTable& table_;
  const Options options_;
  std::vector<RankPlace> places_;  // by rank
  RaggedBatch batch_;
  Arena arena_;
  std::atomic<std::size_t> arena_bytes_{0};
};

}  // namespace filigree::runtime
