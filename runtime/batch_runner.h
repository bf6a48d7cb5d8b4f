// Computes batches on one worker group: encoder, then the rest of the graph for each sequence. Owns
// what the group uses again for batch after batch.
#pragma once

#include <atomic>
#include <cstddef>
#include <functional>
#include <span>
#include <vector>

#include "kernels/kernel_table.h"
#include "runtime/arena.h"
#include "runtime/batch.h"
#include "runtime/scheduler.h"
#include "runtime/step_times.h"
#include "runtime/worker_pool.h"

namespace filigree::runtime {

class BatchRunner {
 public:
  // batch_tokens: the most tokens in a batch of more than one sequence. memory_nodes: the NUMA node
  // of each thread of the group, whose copy of a model's weights it reads; activations lie on these
  // nodes. Empty: wherever the system puts them.
  BatchRunner(const kernels::KernelTable& table, std::size_t batch_tokens,
              std::vector<int> memory_nodes = {});

  // One result for each sequence, in order. Errors, of memory as well, are results. Requires
  // sequences that the model accepts (request_error), and that `group`'s leader calls. Adds the
  // times of the steps to `times`, unless that is null. `abandon`, when there is one, is asked in
  // every layer and before the rest of every sequence: once it is true, it must stay true, and what
  // is left becomes errors without being computed. Thread-safe, does not throw.
  std::vector<SequenceResult> run(const loader::Model& model,
                                  std::span<const Sequence* const> sequences, WorkerGroup& group,
                                  StepTimes* times = nullptr,
                                  const std::function<bool()>& abandon = {}) noexcept;

  std::size_t arena_bytes() const noexcept { return arena_bytes_.load(std::memory_order_relaxed); }

 private:
  PanelSeries<const float> run_encoder(const loader::Model& model,
                                       std::span<const Sequence* const> sequences,
                                       WorkerGroup& group, StepTimes* times,
                                       const std::function<bool()>& abandon);
  SequenceResult finish_sequence(const loader::Model& model, const Sequence& sequence,
                                 std::size_t index,
                                 const PanelSeries<const float>& hidden) const noexcept;

  const kernels::KernelTable& table_;
  const std::size_t batch_tokens_;
  const std::vector<int> memory_nodes_;
  std::vector<const loader::Encoder*> encoders_;  // by rank
  RaggedBatch batch_;
  Arena arena_;
  std::atomic<std::size_t> arena_bytes_{0};
};

}  // namespace filigree::runtime
