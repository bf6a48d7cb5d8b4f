#include "serve/http/benchmark_requests.h"

#include <utility>
#include <vector>

#include "serve/http/benchmark_run.h"
#include "serve/http/errors.h"
#include "serve/http/infer.h"
#include "serve/log.h"

namespace filigree::serve {

struct BenchmarkRequests::Job {
  std::size_t endpoint = 0;
  std::shared_ptr<const EndpointState> state;
  HttpRequest request;
  std::shared_ptr<runtime::CancelFlag> cancel;
  Reply reply;
};

BenchmarkRequests::BenchmarkRequests(const Backend& backend)
    : backend_(backend), thread_([this](const std::stop_token& stop) { work(stop); }) {}

BenchmarkRequests::~BenchmarkRequests() { stop(); }

void BenchmarkRequests::stop() {
  // Under the mutex: what was taken before is waited for by a thread that has not ended.
  const std::lock_guard lock(mutex_);
  thread_.request_stop();
}

void BenchmarkRequests::answer(std::size_t endpoint, std::shared_ptr<const EndpointState> state,
                               HttpRequest request, std::shared_ptr<runtime::CancelFlag> cancel,
                               const Reply& reply) {
  if (state->kind != EndpointState::Kind::kReady) return reply(not_ready_response(*state));
  {
    const std::lock_guard lock(mutex_);
    // The thread may have ended already.
    if (thread_.get_stop_source().stop_requested())
      return reply(error_response(HttpError::kUnavailable, "the server is stopping"));
    if (!std::exchange(busy_, true)) {
      waiting_ = std::make_unique<Job>(
          Job{endpoint, std::move(state), std::move(request), std::move(cancel), reply});
      posted_.notify_one();
      return;
    }
  }
  reply(error_response(HttpError::kConflict, "another benchmark is running"));
}

void BenchmarkRequests::work(const std::stop_token& stop) {
  for (;;) {
    std::unique_lock lock(mutex_);
    if (!posted_.wait(lock, stop, [this] { return waiting_ != nullptr; })) return;
    const std::unique_ptr<Job> job = std::move(waiting_);
    lock.unlock();
    HttpResponse response;
    try {
      response = response_to(*job, stop);
    } catch (const std::exception& error) {
      log(LogLevel::kError, job->request.subject(), error.what());
      response = internal_error_response(job->request.request_id);
    }
    // Before the answer leaves, so that a client that has it may ask for the next benchmark.
    lock.lock();
    busy_ = false;
    lock.unlock();
    job->reply(std::move(response));
  }
}

HttpResponse BenchmarkRequests::response_to(const Job& job, const std::stop_token& stop) const {
  auto body = parse_json(job.request.body.empty() ? "{}" : job.request.body);
  if (const auto* error = std::get_if<JsonError>(&body)) return not_json_response(*error);
  const auto options = benchmark_options(std::get<Json>(body));
  if (const auto* errors = std::get_if<std::vector<FieldError>>(&options))
    return field_errors_response(*errors);
  return run_benchmark({job.endpoint, job.state, job.request.request_id},
                       std::get<BenchmarkOptions>(options), backend_, job.cancel, stop);
}

}  // namespace filigree::serve
