// What the engine is asked and what it answers.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "loader/model.h"
#include "runtime/sequence.h"
#include "runtime/step_times.h"

namespace filigree::runtime {

using Clock = std::chrono::steady_clock;

// The model's outputs for one sequence, in the order of Model::output_names, with batch
// dimension 1.
struct SequenceOutput {
  std::vector<loader::Tensor> tensors;
};

// The tensor of the output that the ONNX graph calls `name`, in an answer of `model`. Throws
// std::invalid_argument that lists the model's outputs.
const loader::Tensor& output_named(const loader::Model& model, const SequenceOutput& output,
                                   std::string_view name);

struct Timing {
  std::chrono::nanoseconds queued{0};   // from submit to the start of its first batch
  std::chrono::nanoseconds compute{0};  // from there to the end of its last batch
  // With Request::time_steps: the sum over the batches that held its sequences, of everything in
  // them. Those of other requests in the same batch belong to what this one waited for.
  StepTimes steps;
};

enum class Status { kOk, kQueueFull, kDeadline, kCancelled, kStopping, kFailed };

struct Response {
  Status status = Status::kOk;
  std::string message;                    // for every status but kOk
  std::vector<SequenceOutput> sequences;  // one for each of the request, in order, when kOk
  Timing timing;
};

// Shared by caller and engine; set by the caller to give up. Work not yet started is dropped.
class CancelFlag {
 public:
  void cancel() noexcept { cancelled_.store(true, std::memory_order_relaxed); }
  bool cancelled() const noexcept { return cancelled_.load(std::memory_order_relaxed); }

 private:
  std::atomic<bool> cancelled_{false};
};

struct Request {
  std::shared_ptr<const loader::Model> model;
  std::size_t endpoint = 0;  // endpoints share the engine (runtime/scheduler.h says how)
  double weight = 1;         // of the endpoint's share; positive
  std::vector<Sequence> sequences;
  std::optional<Clock::time_point> deadline;
  std::shared_ptr<CancelFlag> cancel;  // may be null
  bool time_steps = false;             // fill Timing::steps
};

// Takes the answer to a request. Short, does not throw, and does not wait for the engine.
using Done = std::function<void(Response)>;

// Why `request` cannot be computed, or nullopt: no model, a sequence that is empty or longer than
// the model's positions, an id outside the vocabulary, type ids or a mask that do not fit. The
// message names sequence and position, what was found and what was expected.
std::optional<std::string> request_error(const Request& request);

}  // namespace filigree::runtime
