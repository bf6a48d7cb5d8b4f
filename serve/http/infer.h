// POST .../infer: from the body to the answer, on worker threads of its own.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <memory>

#include "serve/http/backend.h"
#include "serve/http/catalog.h"
#include "serve/http/message.h"
#include "serve/http/metrics.h"

namespace filigree::serve {

// Reading JSON, tokenising and writing the answer happen on a few threads here, inference in the
// engine; the caller waits for nothing. Every request that was taken is answered, also after
// close().
class InferService {
 public:
  // All must outlive the service.
  InferService(const Catalog& catalog, const Backend& backend, Metrics& metrics);
  ~InferService();  // close(); requires Backend::drain()

  // The response has the headers x-total-time, x-tokenization-time, x-queue-time and
  // x-inference-time (milliseconds) and x-compute-tokens. Errors: 400, 422, 429, 499, 500, 503,
  // 504.
  void answer(std::size_t endpoint, HttpRequest request,
              std::shared_ptr<runtime::CancelFlag> cancel, Reply reply);

  // Requests that were taken and whose answer has not been handed to `reply` yet.
  std::size_t in_flight() const noexcept { return in_flight_; }

  // Returns when every request that was taken is answered and the threads have ended. No answer()
  // after it. Idempotent. The backend's thread may still be on its way out of the callback that
  // woke them: Backend::drain() before the service is destroyed.
  void close();

 private:
  struct Job;
  class Threads;

  void prepare(const std::shared_ptr<Job>& job);
  void submit(const std::shared_ptr<Job>& job);
  void finish(const std::shared_ptr<Job>& job, const runtime::Response& response);
  void fail(const std::shared_ptr<Job>& job, const char* what);
  void reply(const std::shared_ptr<Job>& job, HttpResponse response);

  const Catalog& catalog_;
  const Backend& backend_;
  Metrics& metrics_;
  std::atomic<std::size_t> in_flight_{0};
  std::unique_ptr<Threads> threads_;
};

}  // namespace filigree::serve
