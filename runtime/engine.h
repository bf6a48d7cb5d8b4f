// The engine: one worker pool for the process, a bounded fair queue, ragged batches. Knows token ids, never text.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "kernels/isa.h"
#include "loader/model.h"

namespace filigree::runtime {

using Clock = std::chrono::steady_clock;

// One sequence, unpadded. Position i is token i.
struct Sequence {
  std::vector<std::int32_t> ids;
  std::vector<std::int32_t> type_ids;  // empty: all 0; else as many as ids
};

// The model's outputs for one sequence, in the order of Model::output_names, with batch dimension 1.
struct SequenceOutput {
  std::vector<loader::Tensor> tensors;
};

struct Timing {
  std::chrono::nanoseconds queued{0};   // from submit to the start of its first batch
  std::chrono::nanoseconds compute{0};  // from there to the end of its last batch
};

enum class Status { kOk, kQueueFull, kDeadline, kCancelled, kStopping, kFailed };

struct Response {
  Status status = Status::kOk;
  std::string message;                    // for every status but kOk
  std::vector<SequenceOutput> sequences;  // one for each of the request, in order, when kOk
  Timing timing;
};

// Shared by caller and engine; set by the caller to give up. Work not yet started is dropped.
class CancelFlag;

struct Request {
  std::shared_ptr<const loader::Model> model;
  std::size_t endpoint = 0;  // endpoints are served round robin, requests of one in order
  std::vector<Sequence> sequences;
  std::optional<Clock::time_point> deadline;
  std::shared_ptr<CancelFlag> cancel;  // may be null
};

enum class Pinning { kCore, kNuma, kNone };

struct EngineOptions {
  std::size_t cores = 0;             // 0: what topology allows (affinity, cpuset, cgroup quota)
  std::size_t streams = 1;           // batches in flight; cores are divided among them
  std::optional<kernels::Isa> isa;   // nullopt: the best this CPU has
  Pinning pinning = Pinning::kNone;
  std::size_t batch_tokens = 2048;   // a batch holds at least one sequence, and more up to this many tokens
  std::size_t max_queued_requests = 512;
};

class Engine {
 public:
  explicit Engine(const EngineOptions& options);  // throws std::invalid_argument
  ~Engine();                                      // stop(), then joins
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  using Done = std::function<void(Response)>;
  // Calls `done` exactly once: at once on this thread when the request is refused (queue full, stopping, a sequence that
  // is empty, longer than the model's positions or with an id outside the vocabulary: kFailed), else later on an engine
  // thread. `done` must be short and must not throw. Thread-safe.
  void submit(Request request, Done done);

  // submit() and wait.
  Response run(Request request);

  // New requests are refused; returns when accepted ones are answered.
  void drain();

  std::size_t cores() const noexcept;
  std::size_t streams() const noexcept;
  kernels::Isa isa() const noexcept;
  std::size_t queued_requests() const noexcept;
  std::size_t arena_bytes() const noexcept;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

class CancelFlag {
 public:
  void cancel() noexcept;
  bool cancelled() const noexcept;

 private:
  std::atomic<bool> cancelled_{false};
};

}  // namespace filigree::runtime
