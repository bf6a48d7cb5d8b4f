// POST .../infer: from the body to the answer, on worker threads of its own.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "serve/http/backend.h"
#include "serve/http/catalog.h"
#include "serve/http/message.h"
#include "serve/http/metrics.h"
#include "serve/http/request_timeout.h"
#include "serve/tasks/request_fields.h"

namespace filigree::serve {

// What a log may see of an answered request. Valid during the call.
struct AnsweredRequest {
  const Json* input = nullptr;
  std::vector<runtime::Sequence> sequences;
  const std::vector<runtime::SequenceOutput>* outputs = nullptr;
  const Json* output = nullptr;
  std::optional<std::int32_t> unknown_token;  // of the tokenizer
  std::chrono::nanoseconds pre_process{0}, engine_forward{0}, post_process{0}, total{0};
};
// What a request may take; server_options.h has the flags.
struct InferLimits {
  std::chrono::milliseconds timeout{0};           // of a request that does not say its own; 0: none
  std::size_t max_tokens = 0;                     // 0: any
  std::size_t max_client_batch = kMostSequences;  // texts, times labels; rows of tensors
};

using AnswerObserver = std::function<void(const AnsweredRequest&)>;

// Reading JSON, tokenising and writing the answer happen on a few threads here, inference in the
// engine. A short request that is alone changes threads less, which costs more than its work: it is
// read on the thread of the caller, some tenths of a millisecond, and its answer written on that of
// the engine. For any other the caller waits for nothing. Every request that was taken is answered,
// also after close().
class InferService {
 public:
  // Bytes of a body up to which the caller may read it.
  static constexpr std::size_t kShortBody = 4 << 10;

  // Both must outlive the service.
  InferService(const Backend& backend, Metrics& metrics, InferLimits limits = {});
  ~InferService();  // close(); requires Backend::drain()

  // Asks the model of `state`, which is kept until the answer. `endpoint` is its number in the
  // metrics; the engine keeps requests of one number in order. `observer`, when there is one, sees
  // what is answered with 200, before the reply; it must not throw. The response has the headers
  // x-total-time, x-tokenization-time, x-queue-time and x-inference-time (milliseconds) and
  // x-compute-tokens; with ?timing=steps the answer has a member more (step_timing.h). What is not
  // computed within the request's timeout, from its `begin` on, is 504, and no more of it is computed.
  // Errors: 400, 422, 429, 499, 500, 503, 504.
  void answer(std::size_t endpoint, std::shared_ptr<const EndpointState> state, HttpRequest request,
              std::shared_ptr<runtime::CancelFlag> cancel, Reply reply,
              AnswerObserver observer = nullptr);

  // How long a request waits at most, as far as its header and our default say.
  RequestTimeout patience(const HttpRequest& request) const;

  // Requests that were taken and whose answer has not been handed to `reply` yet.
  std::size_t in_flight() const noexcept { return in_flight_; }

  // Returns when every request that was taken is answered and the threads have ended. No answer()
  // after it. Idempotent. The backend's thread may still be on its way out of the callback that
  // woke them: Backend::drain() before the service is destroyed.
  void close();

 private:
  struct Job;
  class Threads;

  void prepare_or_fail(const std::shared_ptr<Job>& job);
  void prepare(const std::shared_ptr<Job>& job);
  std::optional<FieldError> limit_error(const Job& job) const;
  bool answered_as_dead(const std::shared_ptr<Job>& job);
  void submit(const std::shared_ptr<Job>& job);
  void finish_or_fail(const std::shared_ptr<Job>& job, const runtime::Response& response);
  void finish(const std::shared_ptr<Job>& job, const runtime::Response& response);
  void fail(const std::shared_ptr<Job>& job, const char* what);
  void reply(const std::shared_ptr<Job>& job, HttpResponse response);

  const Backend& backend_;
  Metrics& metrics_;
  const InferLimits limits_;
  std::atomic<std::size_t> in_flight_{0};
  std::unique_ptr<Threads> threads_;
};

// 503 for a model that is not kReady.
HttpResponse not_ready_response(const EndpointState& state);

// What a response of the engine that is not kOk becomes; the log has the reason of a failure.
HttpResponse refusal_response(const runtime::Response& response, const LogSubject& request);

}  // namespace filigree::serve
