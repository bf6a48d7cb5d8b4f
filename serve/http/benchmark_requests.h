// POST .../benchmark: DeepSparse's measurement of an endpoint, on a thread of its own.
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>

#include "serve/http/backend.h"
#include "serve/http/catalog.h"
#include "serve/http/message.h"

namespace filigree::serve {

// Thread-safe.
class BenchmarkRequests {
 public:
  explicit BenchmarkRequests(const Backend& backend);  // which must outlive it
  ~BenchmarkRequests();                                // stop(), and waits for what runs

  // The body has benchmark_options(); empty is {}. `endpoint` and `state` as in
  // InferService::answer(). Answers as run_benchmark() does, 400 and 422 for the body, 503 when the
  // model is not there, 409 while another benchmark runs.
  void answer(std::size_t endpoint, std::shared_ptr<const EndpointState> state, HttpRequest request,
              std::shared_ptr<runtime::CancelFlag> cancel, const Reply& reply);

  // Ends what runs; that and what comes is answered with 503. Returns at once.
  void stop();

 private:
  struct Job;

  void work(const std::stop_token& stop);
  HttpResponse response_to(const Job& job, const std::stop_token& stop) const;

  const Backend& backend_;
  std::mutex mutex_;
  std::condition_variable_any posted_;
  std::unique_ptr<Job> waiting_;
  bool busy_ = false;  // from being taken to being answered
  std::jthread thread_;
};

}  // namespace filigree::serve
