#include "serve/http/benchmark_run.h"

#include <array>
#include <future>
#include <optional>
#include <utility>
#include <vector>

#include "serve/http/errors.h"
#include "serve/http/infer.h"

namespace filigree::serve {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::array<const char*, 4> kStages = {"pre_process", "engine_forward", "post_process",
                                                "total_inference"};
using Times = std::array<double, kStages.size()>;  // seconds

// Words of five letters, as many characters as asked for.
std::string made_up_text(std::size_t characters) {
  constexpr std::size_t kWord = 6;
  constexpr std::size_t kLetters = 26;
  std::string text;
  for (std::size_t i = 0; i < characters; ++i) {
    const auto letter = static_cast<char>('a' + (i * 7 + i / kWord) % kLetters);
    text.push_back(i % kWord == kWord - 1 ? ' ' : letter);
  }
  return text;
}

// A request that every task understands: each reads its own members.
Json made_up_request(const Task& task, std::size_t characters) {
  const std::string text = made_up_text(characters);
  Json request =
      Json::object({{"question", text}, {"context", text}, {"sequences", text}, {"inputs", text}});
  Json with_labels = request;
  with_labels.add("labels", Json::array({"one", "two"}));
  // Zero-shot refuses labels where the endpoint has its own.
  const bool wants_labels = std::holds_alternative<PreparedTask>(task(with_labels));
  return wants_labels ? with_labels : request;
}

double seconds(Clock::duration time) { return std::chrono::duration<double>(time).count(); }

class Run {
 public:
  Run(const BenchmarkedEndpoint& endpoint, const Backend& backend,
      std::shared_ptr<runtime::CancelFlag> cancel, const Json& question)
      : endpoint_(endpoint), backend_(backend), cancel_(std::move(cancel)), question_(question) {}

  // Why there is no answer, or what it took.
  std::variant<HttpResponse, Times> ask() const {
    const auto begin = Clock::now();
    auto prepared = endpoint_.state->ready.task(question_);
    if (const auto* errors = std::get_if<std::vector<FieldError>>(&prepared))
      return field_errors_response(*errors);
    auto& task = std::get<PreparedTask>(prepared);
    const auto tokenised = Clock::now();
    const runtime::Response response = infer(std::move(task.sequences));
    if (response.status != runtime::Status::kOk)
      return refusal_response(response, {.request_id = endpoint_.request_id});
    const auto computed = Clock::now();
    const std::string text = to_text(task.finish(response.sequences));
    const auto end = Clock::now();
    return Times{seconds(tokenised - begin), seconds(computed - tokenised), seconds(end - computed),
                 seconds(end - begin)};
  }

 private:
  runtime::Response infer(std::vector<runtime::Sequence> sequences) const {
    runtime::Request request;
    request.model = endpoint_.state->loaded->parts.model;
    request.endpoint = endpoint_.number;
    request.sequences = std::move(sequences);
    request.cancel = cancel_;
    auto promise = std::make_shared<std::promise<runtime::Response>>();
    auto response = promise->get_future();
    backend_.submit(std::move(request), [promise](runtime::Response answered) {
      promise->set_value(std::move(answered));
    });
    return response.get();
  }

  const BenchmarkedEndpoint& endpoint_;
  const Backend& backend_;
  const std::shared_ptr<runtime::CancelFlag> cancel_;
  const Json& question_;
};

HttpResponse triple(const std::vector<Times>& answers, Clock::duration time) {
  Json stages = Json::object({});
  for (std::size_t stage = 0; stage < kStages.size(); ++stage) {
    Json times = Json::array({});
    for (const Times& answer : answers) times.add(answer[stage]);
    stages.add(kStages[stage], std::move(times));
  }
  HttpResponse response;
  response.body = to_text(Json::array({std::move(stages), seconds(time), 1}));
  return response;
}

}  // namespace

HttpResponse run_benchmark(const BenchmarkedEndpoint& endpoint, const BenchmarkOptions& options,
                           const Backend& backend,
                           const std::shared_ptr<runtime::CancelFlag>& cancel,
                           const std::stop_token& stop) {
  const Json question = made_up_request(endpoint.state->ready.task, options.characters);
  const Run run(endpoint, backend, cancel, question);
  const auto warm = Clock::now() + std::chrono::duration_cast<Clock::duration>(options.warmup_time);
  const auto run_time = std::chrono::duration_cast<Clock::duration>(options.run_time);
  std::vector<Times> answers;
  Clock::time_point first = warm;
  Clock::time_point last = warm;
  while (answers.empty() || last - first < run_time) {
    if (stop.stop_requested())
      return error_response(HttpError::kUnavailable, "the server is stopping");
    const auto begin = Clock::now();
    auto answer = run.ask();
    if (auto* refusal = std::get_if<HttpResponse>(&answer)) return std::move(*refusal);
    if (begin < warm) continue;
    last = Clock::now();
    if (answers.empty()) first = begin;
    answers.push_back(std::get<Times>(answer));
  }
  return triple(answers, last - first);
}

}  // namespace filigree::serve
