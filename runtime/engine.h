// The engine: one worker pool for the process, a bounded fair queue, ragged batches. Knows token
// ids, never text.
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "kernels/isa.h"
#include "loader/page_placement.h"
#include "runtime/batch_sizes.h"
#include "runtime/request.h"

namespace filigree::runtime {

// Of threads: to a CPU each, to the CPUs of their NUMA node, or not at all.
enum class Pinning { kCore, kNuma, kNone };

// Of packed weights: a copy on each NUMA node in use, pages on all of them in turn, or where the
// system puts them.
enum class Numa { kReplicate, kInterleave, kOff };

struct EngineOptions {
  std::size_t cores = 0;  // 0: what topology allows (affinity, cpuset, cgroup quota)
  // Batches in flight; the cores are divided among them (stream_plan.h), so at most one for each:
  // more is a warning. 0: one for each NUMA node in use.
  std::size_t streams = 0;
  // Streams that sleep help to compute a batch when nothing else waits (scheduler.h). false: each
  // batch is computed by the threads of one stream.
  bool elastic = true;
  std::optional<kernels::Isa> isa = {};  // none: the best this CPU has
  // none: kNuma where several NUMA nodes are in use, else kNone.
  std::optional<Pinning> pinning = {};
  // none: kReplicate where several nodes with memory are in use and threads are bound, else kOff.
  std::optional<Numa> numa = {};
  // A batch holds at least one sequence, and more up to this many tokens. 0: 128 for each thread of
  // a stream, at least 256: larger ones are no faster, and others wait longer for them.
  std::size_t batch_tokens = 0;
  std::size_t max_queued_requests = 512;
  // Of requests that wait. They hold about 40 bytes a token.
  std::size_t max_queued_tokens = std::size_t{4} << 20;
};

class Engine {
 public:
  // Throws std::invalid_argument naming the option, what was found and what was expected.
  explicit Engine(const EngineOptions& options);
  ~Engine();  // stop(), then joins
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  using Done = runtime::Done;
  // Calls `done` exactly once: at once on this thread when the request is refused (queue full,
  // stopping, or request_error(): kFailed), else later on a thread of the engine. `done` must be
  // short and must not throw. Thread-safe.
  void submit(Request request, Done done);

  // submit() will follow within a moment, if all goes well, so an idle engine may wake up now:
  // while the caller still prepares the request. Costs a core for 250 microseconds at most; with
  // one core, nothing happens. Thread-safe.
  void expect();

  // submit() and wait. Not from within a `done`.
  Response run(Request request);

  // New requests are refused; returns when accepted ones are answered. Not from within a `done`.
  void drain();

  // New requests are refused and those that have not started are answered kStopping. What runs is
  // finished: drain() after it waits for that.
  void stop();

  std::size_t cores() const noexcept;
  // "2 cores: affinity 0-1, cgroup quota none"
  const std::string& cores_reason() const noexcept;
  // "numa replicate, the default with several nodes: ..."; empty where nothing depends on nodes.
  const std::string& numa_reason() const noexcept;
  // LoadOptions::placement of the models that it is to run; others give the same bits.
  const loader::WeightPlacement& weight_placement() const noexcept;
  // What the system did not tell or allow (unreadable topology, threads that could not be bound),
  // and options that could not be had in full.
  const std::vector<std::string>& warnings() const noexcept;
  std::size_t streams() const noexcept;
  kernels::Isa isa() const noexcept;
  // Whether a request waits or is computed, or was less than `time` ago. Takes no lock.
  bool was_active_within(std::chrono::nanoseconds time) const noexcept;
  // Returns when no request waits or is computed, after `longest`, or now and then sooner. Takes no
  // lock.
  void wait_for_idle(std::chrono::nanoseconds longest) const noexcept;
  std::size_t queued_requests() const noexcept;
  std::size_t queued_tokens() const noexcept;
  BatchSizes batch_sizes() const noexcept;  // of all batches so far
  std::size_t arena_bytes() const noexcept;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace filigree::runtime
