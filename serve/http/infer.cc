#include "serve/http/infer.h"

#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>
#include <exception>
#include <utility>

#include "serve/http/errors.h"
#include "serve/http/inference_body.h"
#include "serve/http/request_times.h"
#include "serve/http/router.h"
#include "serve/http/step_timing.h"
#include "serve/log.h"
#include "serve/tasks/tensor_request.h"

namespace filigree::serve {
namespace {

using Clock = std::chrono::steady_clock;

// Two, so that one request with a long text does not hold up the others; the cores belong to
// inference.
constexpr std::size_t kThreads = 2;

HttpResponse timeout_response(std::chrono::microseconds timeout) {
  std::string limit = milliseconds(timeout);
  limit.erase(limit.find_last_not_of('0') + 1);
  if (limit.ends_with('.')) limit.pop_back();
  return error_response(HttpError::kTimeout,
                        "the answer was not computed within the timeout of " + limit + " ms");
}

using PreparedOr = std::variant<PreparedTensors, std::vector<FieldError>>;

// Tensors have a meaning on the paths of Open Inference alone.
PreparedOr prepared_task(const EndpointState& state, const std::string& target,
                         const InferenceBody& body, const Json& json) {
  const bool takes_tensors = error_shape(target) == ErrorShape::kBoth;
  if (takes_tensors && (body.has_header || is_tensor_request(json)))
    return prepare_tensors(json, body.raw, state.loaded->parts.model, state.name);
  if (body.has_header)
    return std::vector<FieldError>{
        {{}, "bytes after the JSON are taken by the paths of /v2/models alone", "value_error"}};
  auto prepared = state.ready.task(json);
  if (auto* errors = std::get_if<std::vector<FieldError>>(&prepared)) return std::move(*errors);
  return PreparedTensors{.task = std::get<PreparedTask>(std::move(prepared)), .finish_raw = {}};
}

}  // namespace

HttpResponse not_ready_response(const EndpointState& state) {
  if (state.kind != EndpointState::Kind::kFailed)
    return error_response(HttpError::kUnavailable,
                          state.error.empty() ? "the model is still loading" : state.error);
  HttpResponse response =
      error_response(HttpError::kUnavailable, "the model cannot be served: " + state.error);
  response.headers.clear();  // trying again will not help, or not so soon
  if (state.retry_after)
    response.headers.emplace_back("retry-after", std::to_string(state.retry_after->count()));
  return response;
}

HttpResponse refusal_response(const runtime::Response& response, const LogSubject& request) {
  switch (response.status) {
    case runtime::Status::kQueueFull:
      return error_response(HttpError::kTooManyRequests, response.message);
    case runtime::Status::kDeadline:
      return error_response(HttpError::kTimeout, response.message);
    case runtime::Status::kCancelled:
      return error_response(HttpError::kClientGone, "the client went away");
    case runtime::Status::kStopping:
      return error_response(HttpError::kUnavailable, "the server is stopping");
    case runtime::Status::kFailed:
    case runtime::Status::kOk:
      break;
  }
  log(LogLevel::kError, request, "inference failed: " + response.message);
  return internal_error_response(std::string(request.request_id));
}

class InferService::Threads {
 public:
  boost::asio::thread_pool pool{kThreads};
};

// One request on its way; only one thread at a time has it.
struct InferService::Job {
  std::size_t endpoint = 0;
  HttpRequest request;
  std::shared_ptr<runtime::CancelFlag> cancel;
  Reply reply;
  std::shared_ptr<const EndpointState> state;
  PreparedTask task;
  std::function<RawAnswer(std::span<const runtime::SequenceOutput>)> finish_raw;  // PreparedTensors
  AnswerObserver observer;
  Json input;                                // for the observer, as are
  std::vector<runtime::Sequence> sequences;  // copies of what the engine takes
  std::size_t tokens = 0;
  RequestTimeout timeout;
  TimingDetail timing = TimingDetail::kNone;
  bool in_flight = true;  // counted in in_flight_
  Clock::time_point begin;
  std::chrono::nanoseconds tokenize{0};

  std::optional<Clock::time_point> deadline() const {
    if (!timeout) return std::nullopt;
    return begin + *timeout;
  }

  // `computed`: when the engine was done.
  HttpResponse response_of(const RawAnswer& raw, const runtime::Response& response,
                           Clock::time_point computed) const {
    std::string text = timing == TimingDetail::kSteps
                           ? to_text(with_timing(raw.json,
                                                 {.tokenize = tokenize,
                                                  .queue = response.timing.queued,
                                                  .inference = response.timing.compute,
                                                  .postprocess = Clock::now() - computed},
                                                 response.timing.steps))
                           : to_text(raw.json);
    if (finish_raw) return raw_response(std::move(text), raw.bytes);
    HttpResponse answer;
    answer.body = std::move(text);
    return answer;
  }

  void show_to_observer(const runtime::Response& response, const Json& output,
                        const RequestTimes& times) {
    observer({.input = &input,
              .sequences = std::move(sequences),
              .outputs = &response.sequences,
              .output = &output,
              .unknown_token = state->loaded->parts.tokenizer->token_id("[UNK]"),
              .pre_process = times.tokenize,
              .engine_forward = times.queue + times.inference,
              .post_process = times.postprocess,
              .total = times.total});
  }
};

InferService::InferService(const Backend& backend, Metrics& metrics, InferLimits limits)
    : backend_(backend),
      metrics_(metrics),
      limits_(limits),
      threads_(std::make_unique<Threads>()) {}

InferService::~InferService() { close(); }

void InferService::close() {
  for (std::size_t left = in_flight_; left != 0; left = in_flight_) in_flight_.wait(left);
  threads_->pool.join();
}

void InferService::answer(std::size_t endpoint, std::shared_ptr<const EndpointState> state,
                          HttpRequest request, std::shared_ptr<runtime::CancelFlag> cancel,
                          Reply reply_to, AnswerObserver observer) {
  ++in_flight_;
  auto job = std::make_shared<Job>();
  job->endpoint = endpoint;
  job->begin = request.begin;
  job->request = std::move(request);
  job->cancel = std::move(cancel);
  job->reply = std::move(reply_to);
  job->state = std::move(state);
  job->observer = std::move(observer);
  if (job->state->kind != EndpointState::Kind::kReady) {
    job->timeout = patience(job->request);
    if (!answered_as_dead(job)) reply(job, not_ready_response(*job->state));
    return;
  }
  // A short request that is alone saves the way to another thread: nobody waits for this one.
  if (in_flight_ == 1 && job->request.body.size() <= kShortBody) {
    backend_.expect();
    return prepare_or_fail(job);
  }
  boost::asio::post(threads_->pool, [this, job] { prepare_or_fail(job); });
}

void InferService::prepare_or_fail(const std::shared_ptr<Job>& job) {
  try {
    prepare(job);
  } catch (const std::exception& error) {
    fail(job, error.what());
  }
}

RequestTimeout InferService::patience(const HttpRequest& request) const {
  const auto timeout = request_timeout(request, Json::object({}), limits_.timeout);
  const auto* known = std::get_if<RequestTimeout>(&timeout);
  return known != nullptr ? *known : std::nullopt;  // the body's turn will tell what is wrong
}

// Whether nobody waits for the answer any more; then that is the answer.
bool InferService::answered_as_dead(const std::shared_ptr<Job>& job) {
  const auto deadline = job->deadline();
  if (job->cancel->cancelled())
    reply(job, error_response(HttpError::kClientGone, "the client went away"));
  else if (deadline && *deadline <= Clock::now())
    reply(job, timeout_response(*job->timeout));
  else
    return false;
  return true;
}

std::optional<FieldError> InferService::limit_error(const Job& job) const {
  const std::size_t texts = job.task.texts != 0 ? job.task.texts : job.task.sequences.size();
  if (texts > limits_.max_client_batch)
    return FieldError{{},
                      "has " + std::to_string(texts) + " texts, the limit (max_client_batch) is " +
                          std::to_string(limits_.max_client_batch),
                      "value_error.list.max_items"};
  if (limits_.max_tokens != 0 && job.tokens > limits_.max_tokens)
    return FieldError{{},
                      "has " + std::to_string(job.tokens) +
                          " tokens, the limit (max_request_tokens) is " +
                          std::to_string(limits_.max_tokens),
                      "value_error.any_str.max_length"};
  return std::nullopt;
}

void InferService::prepare(const std::shared_ptr<Job>& job) {
  if (answered_as_dead(job)) return;
  const auto begin = Clock::now();
  auto timing = timing_detail(job->request.target);
  if (const auto* error = std::get_if<std::string>(&timing))
    return reply(job, error_response(HttpError::kBadRequest, *error));
  job->timing = std::get<TimingDetail>(timing);
  const auto read = inference_body(job->request);
  if (const auto* error = std::get_if<std::string>(&read))
    return reply(job, error_response(HttpError::kBadRequest, *error));
  const auto& parts = std::get<InferenceBody>(read);
  auto body = parse_json(parts.json);
  if (const auto* error = std::get_if<JsonError>(&body))
    return reply(job, not_json_response(*error));
  auto timeout = request_timeout(job->request, std::get<Json>(body), limits_.timeout);
  if (const auto* errors = std::get_if<std::vector<FieldError>>(&timeout))
    return reply(job, field_errors_response(*errors));
  job->timeout = std::get<RequestTimeout>(timeout);
  if (answered_as_dead(job)) return;
  auto prepared = prepared_task(*job->state, job->request.target, parts, std::get<Json>(body));
  if (const auto* errors = std::get_if<std::vector<FieldError>>(&prepared))
    return reply(job, field_errors_response(*errors));
  job->task = std::move(std::get<PreparedTensors>(prepared).task);
  job->finish_raw = std::move(std::get<PreparedTensors>(prepared).finish_raw);
  job->request.body = {};
  for (const runtime::Sequence& sequence : job->task.sequences) job->tokens += sequence.ids.size();
  if (auto error = limit_error(*job)) return reply(job, field_errors_response({std::move(*error)}));
  if (job->observer) {
    job->input = std::move(std::get<Json>(body));
    job->sequences = job->task.sequences;
  }
  job->tokenize = Clock::now() - begin;
  if (!answered_as_dead(job)) submit(job);
}

void InferService::submit(const std::shared_ptr<Job>& job) {
  runtime::Request request;
  request.model = job->state->loaded->parts.model;
  request.endpoint = job->endpoint;
  request.weight = static_cast<double>(job->state->weight);
  request.sequences = std::move(job->task.sequences);
  request.cancel = job->cancel;
  request.deadline = job->deadline();
  request.time_steps = job->timing == TimingDetail::kSteps;
  // The engine's thread only passes the answer on, unless nothing else is there that it could do.
  backend_.submit(std::move(request), [this, job](runtime::Response response) {
    if (in_flight_ == 1) return finish_or_fail(job, response);
    auto shared = std::make_shared<const runtime::Response>(std::move(response));
    boost::asio::post(threads_->pool, [this, job, shared] { finish_or_fail(job, *shared); });
  });
}

void InferService::finish_or_fail(const std::shared_ptr<Job>& job,
                                  const runtime::Response& response) {
  try {
    finish(job, response);
  } catch (const std::exception& error) {
    fail(job, error.what());
  }
}

void InferService::finish(const std::shared_ptr<Job>& job, const runtime::Response& response) {
  if (response.status == runtime::Status::kDeadline && job->timeout)
    return reply(job, timeout_response(*job->timeout));
  if (response.status != runtime::Status::kOk)
    return reply(job, refusal_response(response, job->request.subject()));
  const auto begin = Clock::now();
  const RawAnswer raw = job->finish_raw
                            ? job->finish_raw(response.sequences)
                            : RawAnswer{.json = job->task.finish(response.sequences), .bytes = {}};
  HttpResponse answer = job->response_of(raw, response, begin);
  const auto now = Clock::now();
  const RequestTimes times{.tokenize = job->tokenize,
                           .queue = response.timing.queued,
                           .inference = response.timing.compute,
                           .postprocess = now - begin,
                           .total = now - job->begin};
  add_headers(answer, times, job->tokens);
  count(times, job->endpoint, metrics_);
  metrics_.count_tokens(job->endpoint, job->tokens);
  if (job->observer) job->show_to_observer(response, raw.json, times);
  reply(job, std::move(answer));
}

void InferService::fail(const std::shared_ptr<Job>& job, const char* what) {
  log(LogLevel::kError, job->request.subject(), what);
  reply(job, internal_error_response(job->request.request_id));
}

void InferService::reply(const std::shared_ptr<Job>& job, HttpResponse response) {
  metrics_.count(job->endpoint, response.status);
  // Before the answer leaves, so that a client that has it never finds its own request in flight.
  // close() still waits for this thread. An answer that throws is followed by that of fail(), and
  // must not count twice.
  if (std::exchange(job->in_flight, false)) {
    --in_flight_;
    in_flight_.notify_all();
  }
  job->reply(std::move(response));
  job->reply = nullptr;
}

}  // namespace filigree::serve
